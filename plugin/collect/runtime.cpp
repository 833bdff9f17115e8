// SPDX-License-Identifier: Apache-2.0
#include "collect/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/scrubber.hpp"
#include "base/time_text.hpp"
#include "base/weather.hpp"
#include "collect/personal_keys.hpp"
#include "collect/stream_credential.hpp"
#include "net/https_transport.hpp"

namespace anthropic_metrics {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

/// However short its budget, a poll works this long on what is ready.
constexpr Milliseconds least_work{20};
/// Streams that wait for acks are looked at this often: an ack cannot call the host.
constexpr Milliseconds behind_pause{1000};
/// And a name lookup, whose end no descriptor tells.
constexpr Milliseconds lookup_pause{10};
/// Who waits for the descriptor sees by this that a stream is at work.
constexpr Milliseconds at_work_pause{500};
/// Before a pause of this length the ledger does what can wait.
constexpr Milliseconds worth_resting{2000};
/// Before a stream that the system refused something begins anew; doubles up to its interval.
constexpr Milliseconds first_pause{1000};

}  // namespace

Runtime::Runtime(Settings settings, std::unique_ptr<Host> host,
                 std::unique_ptr<ledger::Ledger> ledger, std::uint64_t seed)
    : host_(std::move(host)),
      settings_(std::move(settings)),
      ledger_(std::move(ledger)),
      credential_(std::move(settings_.credentials)),
      server_clock_(*host_),
      random_(seed),
      loop_(std::make_unique<asio::io_context>(1)),
      descriptor_(std::make_unique<LoopDescriptor>(*loop_)) {}

Runtime::TransportFactory Runtime::network() {
  return [](asio::io_context& loop, net::HttpSettings settings, net::Authorizer& credential,
            net::Tracer* tracer, Log log) -> Result<std::unique_ptr<net::Transport>> {
    net::TransportParts parts;
    parts.tracer = tracer;
    parts.log = std::move(log);
    auto made = net::HttpsTransport::make(loop.get_executor(), std::move(settings), credential,
                                          std::move(parts));
    if (!made) return made.error();
    return std::unique_ptr<net::Transport>(std::move(*made));
  };
}

Result<std::unique_ptr<Runtime>> Runtime::make(Settings settings, std::unique_ptr<Host> host,
                                               const TransportFactory& transport,
                                               std::uint64_t seed, std::function<Uptime()> uptime) {
  auto ledger = ledger::Ledger::open(settings.state_path, settings.state_seen);
  if (!ledger) return ledger.error();
  for (api::GivenCredential& given : settings.credentials) {
    if (given.place.where != api::CredentialPlace::Where::host) continue;
    if (!host->has_secrets())
      return Error{
          Errc::configuration,
          fmt::format("/{}: $secret{{...}} needs a host that resolves secrets; this one does not",
                      given.setting)};
    given.place.ask_host = [link = host.get()](const std::string& name) -> Result<Secret> {
      auto value = link->secret(name);
      if (!value) return value.error();
      return Secret::take(std::move(*value));
    };
  }
  std::unique_ptr<Runtime> runtime(
      new Runtime(std::move(settings), std::move(host), std::move(*ledger), seed));
  if (auto started = runtime->start(transport, std::move(uptime)); !started) return started.error();
  return runtime;
}

Result<void> Runtime::start(const TransportFactory& make_transport,
                            std::function<Uptime()> uptime) {
  if (auto given = give_personal_keys(settings_, *ledger_, *host_); !given) return given;
  totals_ = std::make_unique<PeriodTotals>(settings_, *ledger_);
  sleeper_ = std::make_unique<Sleeper>(*loop_, *host_);
  room_ = std::make_unique<Gate>(*loop_);
  turns_ = std::make_unique<Turnstile>(*loop_);
  history_ =
      std::make_unique<History>(*loop_, settings_.history_in_flight, settings_.history_burst);
  organization_ = std::make_unique<Organization>(*loop_);
  directory_ = std::make_unique<Directory>(*loop_);
  if (auto known = directory_->load(*ledger_); !known) return known;
  hold_ = std::make_unique<Hold>(*ledger_, server_clock_, *host_, std::move(uptime));
  delivery_ = std::make_unique<Delivery>(
      *ledger_, settings_.most_in_flight, settings_.acknowledge_at_handover,
      settings_.kept_after_handover(), [this] { post([this] { room_->open_all(); }); });
  if (auto recovered = delivery_->recover(); !recovered) return recovered;

  if (settings_.tracer.enabled) {
    net::TracerSettings tracing;
    tracing.path = settings_.tracer.path;
    tracing.shown_headers = {"anthropic-beta", "anthropic-organization-id", "anthropic-version"};
    auto opened = net::Tracer::open(
        tracing, [this](std::string_view line) { return credential_.scrub(line); }, {},
        [this] { return host_->realtime(); });
    if (!opened) return opened.error();
    tracer_ = std::move(*opened);
  } else if (!settings_.tracer.path.empty()) {
    net::TracerSettings traces;
    traces.path = settings_.tracer.path;
    net::remove_traces(traces);  // Of an earlier run.
  }
  settings_.http.allows = net::allow_paths(streams::allowed_paths());
  const net::Url url = settings_.http.url;  // Messages name it.
  auto transport = make_transport(
      *loop_, std::move(settings_.http), credential_, tracer_.get(),
      [this](LogLevel level, std::string_view text) { host_->log(level, "http", text); });
  if (!transport) return transport.error();
  transport_ = std::move(*transport);
  settings_.http.url = url;
  credential_.on_remark([this](const std::string& text) {
    host_->log(LogLevel::warn, "credential", credential_.scrub(text));
  });
  if (transport_->unverified())
    host_->log(LogLevel::warn, "http", "ssl.verification_mode is none: the peer is not verified");

  asked_ = std::make_unique<Asked>(*loop_, *ledger_, *delivery_,
                                   [this] { post([this] { asked_->ring(); }); });
  services_ = std::make_unique<Services>(Services{
      settings_, *host_,         status_,      server_clock_, *sleeper_,  *room_,           *turns_,
      pace_,     *transport_,    credential_,  *ledger_,      *delivery_, organization_id_, random_,
      *hold_,    *organization_, instance_id_, *directory_,   *asked_,    *history_});
  reads_ = std::make_unique<Reads>(*services_);
  // Before any driver notes a time of this run.
  auto time = ledger_->note("time");
  if (!time) return time.error();
  if (const auto then = parse_rfc3339(*time)) server_clock_.remember(*then);
  for (const StreamChoice& choice : settings_.streams)
    if (opened(choice)) lives_.emplace_back().choice = &choice;
  for (const Life& life : lives_) {
    directory_->expect(life.choice->stream->name);
    if (auto known = asked_->recover(std::string(life.choice->stream->name)); !known) return known;
  }
  for (Life& life : lives_) spawn(life);
  if (const auto other = ledger_->another_state()) host_->log(LogLevel::warn, "state", *other);
  if (auto there = watch_state(); !there) return there;
  if (!ledger_->durable())
    host_->log(LogLevel::warn, "state",
               "state.path is not set: state is kept in memory and a restart collects again");
  return success();
}

/// Whether a credential opens the stream. If not, it is told so now and never asks.
bool Runtime::opened(const StreamChoice& choice) {
  const streams::Descriptor& stream = *choice.stream;
  if (stream.observing() || !credential_of(*services_, stream.name).empty()) return true;
  StreamReport report(*services_, stream);
  report.tell(Failure(not_opened(stream)), std::nullopt);
  return false;
}

void Runtime::spawn(Life& life) {
  asio::awaitable<void> work;
  life.driver.reset();
  life.observer.reset();
  if (life.choice->stream->observing()) {
    life.observer = std::make_unique<Observer>(*services_, *life.choice);
    work = life.observer->run();
  } else {
    life.driver = std::make_unique<Driver>(*services_, *life.choice);
    work = life.driver->run();
  }
  life.began = host_->monotonic();
  asio::co_spawn(*loop_, std::move(work),
                 [this, &life](const std::exception_ptr& escaped) { ended(life, escaped); });
}

/// What the system refused for a moment costs a poll: the stream begins anew from what the ledger
/// knows. Anything else is a bug, after which nothing about the stream is certain.
void Runtime::ended(Life& life, const std::exception_ptr& escaped) {
  ++stopped_;
  directory_->attempted(life.choice->stream->name);
  if (!escaped) return;
  const auto weather = weather_of(escaped);
  const Milliseconds interval = life.choice->settings.interval;
  if (weather) {
    const Monotonic now = host_->monotonic();
    life.endings = now - life.began > 2 * interval ? 1 : life.endings + 1;
    const Milliseconds pause = first_pause * (1 << std::min(life.endings - 1, 10));
    life.again = now + std::min(pause, std::max(interval, first_pause));
  }
  std::string what = weather ? weather->message : "unknown exception";
  try {
    if (!weather) std::rethrow_exception(escaped);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  const std::string name(life.choice->stream->name);
  const Health health = weather ? Health::degraded : Health::failed;
  const std::string message = credential_.scrub(
      weather ? fmt::format("a poll failed: {}", what)
              : fmt::format("the stream was stopped by a bug: {}; restart, and report it", what));
  status_.update(name, [&](StreamStatus& s) {
    s.health = health;
    s.message = message;
  });
  status_.set_last_error(name + ": " + message);
  if (!weather || life.endings == 1)
    host_->log(weather ? LogLevel::warn : LogLevel::error, name, message);
  host_->health(health, name, message);
}

void Runtime::begin_anew() {
  const Monotonic now = host_->monotonic();
  for (Life& life : lives_) {
    if (!life.again || *life.again > now) continue;
    life.again = now + first_pause;  // In case even this fails.
    if (life.driver && life.driver->busy()) continue;
    spawn(life);
    life.again.reset();
    --stopped_;
  }
}

std::optional<Monotonic> Runtime::next_due() const {
  std::optional<Monotonic> due = sleeper_->next_due();
  for (const Life& life : lives_)
    if (life.again && (!due || *life.again < *due)) due = life.again;
  return due;
}

Result<void> Runtime::watch_state() {
  auto there = ledger_->check();
  const auto went_back = ledger_->went_back();
  std::string text = there ? went_back.value_or("") : there.error().message;
  if (text == state_text_) return there;
  const Health health = !there ? Health::failed : went_back ? Health::degraded : Health::healthy;
  status_.set(Status::Concern::state, health, text);
  if (health != Health::healthy) status_.set_last_error(text);
  const std::string said = text.empty() ? "the state is in order again" : text;
  host_->log(text.empty() ? LogLevel::info : LogLevel::error, "state", said);
  state_text_ = std::move(text);
  return there;
}

void Runtime::introduce(std::string instance_id) {
  instance_id_ = std::move(instance_id);
  if (!instance_id_.empty())
    host_->log(LogLevel::info, "instance", fmt::format("instance {} is ready", instance_id_));
}

void Runtime::tell_stopping() {
  if (!stopping_.exchange(true)) host_->health(Health::stopping, "", "shutting down");
}

void Runtime::tell_stopped() const {
  host_->health(Health::stopped, "",
                "shut down; what was not acknowledged comes after the next start");
}

void Runtime::note_escape(std::string_view what) {
  status_.set_last_error(
      fmt::format("a bug was stopped at the edge: {}; report it", scrub_shapes(what)));
}

void Runtime::tell_health() {
  const Health now = status_.health();
  if (now == told_health_ || stopping_) return;
  told_health_ = now;
  host_->health(
      now, "", now == Health::healthy ? "every stream's last attempt succeeded" : status_.reason());
}

Runtime::~Runtime() {
  // Coroutines first, by ending the loop that holds their frames; they use everything below.
  if (transport_) transport_->cancel();
  transport_.reset();
  descriptor_.reset();
  loop_.reset();
}

std::size_t Runtime::working() const {
  const std::size_t idle = sleeper_->sleeping() + room_->waiting() + turns_->waiting() +
                           organization_->waiting() + directory_->waiting() + history_->waiting() +
                           stopped_;
  const std::size_t all = lives_.size() + history_->working();
  return all > idle ? all - idle : 0;
}

/// Runs handlers one by one. False if the time ended before they did.
bool Runtime::run_ready(SteadyClock::time_point until) {
  while (!cancelled_ && loop_->poll_one() > 0)
    if (SteadyClock::now() >= until) return false;
  return !cancelled_;
}

bool Runtime::may_hand_out() const {
  return delivery_->ready() > 0 && delivery_->in_flight() < settings_.most_in_flight;
}

void Runtime::work(SteadyClock::time_point until) {
  const auto busy_until = std::max(until, SteadyClock::now() + least_work);
  loop_->restart();
  begin_anew();
  // Whoever made room may not have had the memory to say so.
  if (room_->waiting() > 0 && !delivery_->enough()) room_->open_all();
  // Looked at only after the restart, which undoes the stop of a cancel that came before.
  rested_ = run_ready(busy_until);
  if (!rested_) return;
  sleeper_->wake_due();
  rested_ = run_ready(busy_until);
  if (!rested_ || working() == 0 || may_hand_out()) return;
  // Something waits for the network: until it answers, a sleeper's time comes, or the budget ends.
  auto deadline = until;
  if (const auto due = next_due())
    deadline =
        std::min(deadline, SteadyClock::now() + std::chrono::ceil<SteadyClock::duration>(std::max(
                                                    *due - host_->monotonic(), Monotonic(0))));
  rested_ = loop_->run_one_until(deadline) == 0;
}

Result<void> Runtime::read_on_request() {
  if (polled_) return Error{Errc::argument, "it has been polled: it reads by itself already"};
  if (ledger_->durable())
    return Error{Errc::argument,
                 "it has a state directory: whoever reads by itself uses that, and what is read on "
                 "request is not remembered"};
  asked_->read_nothing_else();
  return success();
}

Result<Runtime::PollResult> Runtime::poll(Milliseconds budget, Delivery::Limits limits) {
  polled_ = true;
  const auto until = SteadyClock::now() + budget;
  PollResult result;
  if (auto there = watch_state(); !there) return there.error();
  while (!cancelled_) {
    if (server_clock_.known()) limits.now = server_clock_.now();
    auto batch = delivery_->hand_out(limits);
    if (!batch) {
      status_.set_last_error(batch.error().message);
      return batch.error();
    }
    if (*batch != nullptr) {
      result.kind = PollResult::Kind::batch;
      result.batch = std::move(*batch);
      result.more = delivery_->ready() > 0;
      break;
    }
    work(until);
    for (const Life& life : lives_)
      if (life.observer && !asked_->only()) life.observer->look();
    if (may_hand_out()) continue;
    const bool idle = rested_ && working() == 0 && delivery_->ready() == 0 &&
                      (!next_due() || *next_due() > host_->monotonic());
    if (idle || SteadyClock::now() >= until) break;
    if (delivery_->in_flight() >= settings_.most_in_flight) break;
  }
  try {
    if (server_clock_.known()) {
      const std::lock_guard lock(server_time_mutex_);
      server_time_ = server_clock_.now();
      compare_with_wall(*server_time_);
    }
    tell_health();
  } catch (...) {
    if (result.batch != nullptr) take_back(result.batch->id);  // The host does not get it.
    throw;
  }
  if (result.kind == PollResult::Kind::batch) return result;  // A cancel is the next poll's then.
  if (cancelled_.exchange(false)) {
    result.kind = PollResult::Kind::cancelled;
    return result;
  }
  if (delivery_->in_flight() >= settings_.most_in_flight)
    result.kind = PollResult::Kind::backpressure;
  result.next_poll = next_poll(result.kind);
  if (result.next_poll >= worth_resting) ledger_->rest();
  return result;
}

Milliseconds Runtime::next_poll(PollResult::Kind kind) const {
  if (kind == PollResult::Kind::backpressure) return behind_pause;
  if (!rested_ || (working() > 0 && !waited_for_)) return Milliseconds(0);
  Milliseconds longest = room_->waiting() > 0 ? behind_pause : Milliseconds(std::chrono::hours(1));
  if (working() > 0) longest = at_work_pause;
  if (transport_->lookup_running()) longest = lookup_pause;
  const auto due = next_due();
  if (!due) return longest;
  return std::clamp(std::chrono::ceil<Milliseconds>(*due - host_->monotonic()), Milliseconds(0),
                    longest);
}

Result<void> Runtime::acknowledge(std::uint64_t batch, AckOutcome outcome, std::uint64_t rejected) {
  const auto documents = delivery_->documents_of(batch);
  auto done = delivery_->acknowledge(batch, outcome, rejected);
  if (!done && done.error().code == Errc::state) status_.set_last_error(done.error().message);
  if (done && outcome == AckOutcome::retry) descriptor_->ring();  // It makes no room.
  if (done && outcome == AckOutcome::drop && documents && *documents > 0)
    host_->log(
        LogLevel::error, "delivery",
        fmt::format("the host dropped batch {} with {} documents for good: sums lack what they "
                    "hold; mend its output, and run anthropic-metrics audit --repair",
                    batch, *documents));
  if (done && rejected > 0)
    host_->log(LogLevel::error, "delivery",
               fmt::format("the store refused {} documents of batch {} for good", rejected, batch));
  return done;
}

void Runtime::cancel() {
  cancelled_.store(true);
  loop_->stop();
  descriptor_->ring();
}

int Runtime::descriptor() {
  waited_for_ = true;
  return descriptor_->number();
}

void Runtime::post(std::function<void()> f) {
  asio::post(*loop_, std::move(f));
  descriptor_->ring();
}

bool Runtime::settle(Milliseconds budget) {
  transport_->cancel();
  const auto until = SteadyClock::now() + budget;
  loop_->restart();
  while (transport_->lookup_running() && SteadyClock::now() < until) loop_->run_one_until(until);
  return !transport_->lookup_running();
}

}  // namespace anthropic_metrics
