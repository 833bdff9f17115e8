// SPDX-License-Identifier: Apache-2.0
// Documents as the collector writes them, in a folder of the test's own.
#pragma once

#include <boost/json.hpp>
#include <fstream>
#include <string>
#include <string_view>

#include "own_folder.hpp"

namespace anthropic_metrics::simulator::test {

namespace json = boost::json;

/// A directory of documents that ends with the test.
class DocumentFolder {
 public:
  void write(std::string_view stream, json::object fields,
             std::string_view timestamp = "2026-11-04T12:00:00Z") {
    const std::string dataset = "anthropic_metrics." + std::string(stream);
    json::object document{{"@timestamp", timestamp},
                          {"data_stream", json::object{{"dataset", dataset}}},
                          {"event", json::object{{"id", "id-" + std::to_string(++count_)}}},
                          {"anthropic", json::object{{stream, std::move(fields)}}}};
    write_line(dataset, json::serialize(document));
  }
  void write_line(const std::string& name, const std::string& line) {
    std::ofstream(path() / (name + ".ndjson"), std::ios::app) << line << '\n';
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  anthropic_metrics::test::OwnFolder folder_{"check"};
  int count_ = 0;
};

}  // namespace anthropic_metrics::simulator::test
