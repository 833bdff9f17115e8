// SPDX-License-Identifier: Apache-2.0
#include "streams/personal_original.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <vector>

#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "base/time_text.hpp"

namespace anthropic_metrics::streams {
namespace {

namespace json = boost::json;

/// As members of an API are named.
bool member_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// A day, or a time.
bool says_when(std::string_view text) {
  return parse_date_or_time(text).has_value();
}

class Copy {
 public:
  explicit Copy(const Layout& layout) : layout_(layout), of_persons_(withholds(layout)) {}

  /// written: the value as it stands in the entry, where a number keeps its digits; empty: that is
  /// not known.
  void value(const json::value& value, std::string_view written) {
    if (const json::object* object = value.if_object()) {
      out_.open('{');
      for (const auto& member : *object) this->member(member.key(), member.value(), written);
      out_.close('}');
    } else if (const json::array* array = value.if_array()) {
      const auto elements = json_elements(written);
      out_.open('[');
      for (std::size_t i = 0; i < array->size(); ++i)
        this->value((*array)[i], i < elements.size() ? elements[i] : "");
      out_.close(']');
    } else if (const json::string* text = value.if_string()) {
      this->text(*text);
    } else {
      out_.literal(written.empty() ? json::serialize(value) : std::string(written));
    }
  }

  const std::string& copied() const { return out_.text(); }

 private:
  void member(std::string_view name, const json::value& value, std::string_view object) {
    const std::size_t above = path_.size();
    const bool known = !of_persons_ || member_name(name);
    if (above > 0) path_ += '.';
    path_ += known ? name : withheld_text;
    out_.key(known ? std::string(name) : masked(name));
    if (never_kept(name) && !value.is_null())
      out_.string(withheld_text);
    else
      this->value(value, json_member(object, name));
    path_.resize(above);
  }

  bool never_kept(std::string_view name) const {
    const auto& names = layout_.never_kept;
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  void text(std::string_view text) {
    if (!of_persons_) return out_.string(text);
    const auto& columns = layout_.texts;
    const bool plain = std::any_of(columns.begin(), columns.end(), [&](const TextColumn& column) {
      return !column.personal && column.name == path_;
    });
    out_.string(plain || says_when(text) ? std::string(text) : masked(text));
  }

  std::string masked(std::string_view text) const {
    return layout_.personal.shown(text).value_or(std::string(withheld_text));
  }

  const Layout& layout_;
  const bool of_persons_;
  std::string path_;
  JsonWriter out_;
};

}  // namespace

bool withholds(const Layout& layout) {
  return layout.personal.mode() != PersonalData::full &&
         std::any_of(layout.texts.begin(), layout.texts.end(),
                     [](const TextColumn& column) { return column.personal; });
}

std::string shown_original(const Layout& layout, std::string_view original) {
  if (!withholds(layout) && layout.never_kept.empty()) return std::string(original);
  boost::system::error_code ec;
  const json::value entry = json::parse(original, ec);
  if (ec) return {};
  Copy copy(layout);
  copy.value(entry, original);
  return copy.copied();
}

}  // namespace anthropic_metrics::streams
