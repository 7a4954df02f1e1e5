// Comma-separated tables (RFC 4180): label lists and indices of data sets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pantomime::formats {

/// A table with a header line. Every row has as many fields as there are columns.
struct CsvTable {
  std::string name;                            ///< the file, for errors
  std::vector<std::string> columns;            ///< names in the first line, each once
  std::vector<std::vector<std::string>> rows;  ///< [row][column]
  std::vector<int64_t> lines;                  ///< [row] line on which it begins, from 1

  std::optional<size_t> find(std::string_view column) const;
  /// Index of a column; throws ParseError naming the file and the columns that are there.
  size_t column(std::string_view column) const;
};

/// True when the bytes are well-formed UTF-8 without NUL.
bool is_text(std::string_view bytes);

/// Parses a whole file: UTF-8 (a byte order mark is skipped), lines end in LF or CR LF, fields may
/// be quoted and then hold commas, line ends and doubled quotes. Empty lines are skipped. Throws
/// ParseError for a row with too few or too many fields, an open quote, a quote inside a plain
/// field, bytes after a closing quote, a column named twice, or bytes that are not text.
CsvTable parse_csv(std::string_view text, const std::string& name);
/// Files up to 256 MiB.
CsvTable read_csv(const std::filesystem::path& path);

}  // namespace pantomime::formats
