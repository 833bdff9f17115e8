// SPDX-License-Identifier: Apache-2.0
// States as older versions of the schema had them, made from one of today: SQL for Database, which
// knows am_seal.
#pragma once

#include <string>

namespace anthropic_metrics::test {

/// Buckets in a table of keys.
inline const std::string to_version_4 = R"(
  ALTER TABLE bucket RENAME TO by_id;
  CREATE TABLE bucket(lane INTEGER NOT NULL REFERENCES lane(id), start INTEGER NOT NULL,
    record BLOB NOT NULL, seal INTEGER NOT NULL, PRIMARY KEY(lane, start)) WITHOUT ROWID;
  INSERT INTO bucket SELECT lane, start, record, am_seal(lane, start, record) FROM by_id;
  DROP TABLE by_id;
  PRAGMA user_version=4;)";
/// Nothing that stays.
inline const std::string to_version_3 = to_version_4 + "DROP TABLE entity; PRAGMA user_version=3;";
/// Buckets in one piece.
inline const std::string to_version_2 =
    to_version_3 + "DROP TABLE bucket_part; PRAGMA user_version=2;";
/// Nothing forgotten, and documents of the outbox as they are handed out: they must be all "{}".
inline const std::string to_version_1 = to_version_2 + R"(
  DROP TABLE forgotten;
  UPDATE outbox SET ndjson=CAST('{}' || char(10) AS BLOB),
    seal=am_seal(stream, documents, CAST('{}' || char(10) AS BLOB), places);
  ALTER TABLE outbox DROP COLUMN size;
  PRAGMA user_version=1;)";

}  // namespace anthropic_metrics::test
