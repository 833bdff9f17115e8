// SPDX-License-Identifier: Apache-2.0
// Writes JSON back from parser events: keeps the original of a row without keeping the answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace anthropic_metrics {

/// Bytes that one byte of text takes at most in a JSON string: \u001f.
inline constexpr std::size_t most_escaped_size = 6;

/// Writes value as a JSON string, quotes included, and says where it ends. The memory must have
/// room for most_escaped_size bytes for each of value's and two more.
char* put_json_string(char* out, std::string_view value);
/// Appends value as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view value);

class JsonWriter {
 public:
  /// most: once the text is longer than that, nothing is added; whoever asks cuts it.
  explicit JsonWriter(std::size_t most = static_cast<std::size_t>(-1)) : most_(most) {}
  void clear() {
    text_.clear();
    comma_ = false;
  }
  const std::string& text() const { return text_; }

  void open(char bracket) {
    if (text_.size() > most_) return;
    value();
    text_ += bracket;
    comma_ = false;
  }
  void close(char bracket) {
    if (text_.size() > most_) return;
    text_ += bracket;
    comma_ = true;
  }
  void key(std::string_view name) {
    if (text_.size() > most_) return;
    value();
    append_json_string(text_, name);
    text_ += ':';
    comma_ = false;
  }
  void string(std::string_view text) {
    if (text_.size() > most_) return;
    value();
    append_json_string(text_, text);
    comma_ = true;
  }
  /// A number, true, false or null as it is written.
  void literal(std::string_view text) {
    if (text_.size() > most_) return;
    value();
    text_ += text;
    comma_ = true;
  }

 private:
  void value() {
    if (comma_) text_ += ',';
  }

  std::size_t most_;
  std::string text_;
  bool comma_ = false;
};

}  // namespace anthropic_metrics
