#include "pantomime/formats/csv.h"

#include <algorithm>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::formats {
namespace {

/// Reads fields one by one and counts lines.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  bool at_end() const { return at_ >= text_.size(); }
  int64_t line() const { return line_; }

  /// All fields up to the end of the line.
  std::vector<std::string> row() {
    std::vector<std::string> fields;
    for (;;) {
      fields.push_back(peek() == '"' ? quoted() : plain());
      if (at_end()) return fields;
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      at_ += text_[at_] == '\r' ? 2 : 1;
      ++line_;
      return fields;
    }
  }

 private:
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool at_line_end() const {
    return text_[at_] == '\n' ||
           (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
  }

  std::string plain() {
    const size_t begin = at_;
    while (!at_end() && text_[at_] != ',' && !at_line_end()) {
      if (text_[at_] == '"')
        fail_at_line(name_, line_,
                     "found a quote inside a plain field, expected the whole field "
                     "in quotes");
      ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string quoted() {
    const int64_t opened = line_;
    std::string field;
    for (++at_;; ++at_) {
      if (at_end()) fail_at_line(name_, opened, "quote is never closed");
      if (text_[at_] == '"') {
        if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
          ++at_;
        } else {
          break;
        }
      }
      if (text_[at_] == '\n') ++line_;
      field += text_[at_];
    }
    ++at_;
    if (!at_end() && text_[at_] != ',' && !at_line_end())
      fail_at_line(name_, line_, "found more text after a closing quote, expected a comma");
    return field;
  }

  std::string_view text_;
  const std::string& name_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

}  // namespace

std::optional<size_t> CsvTable::find(std::string_view column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end()) return std::nullopt;
  return static_cast<size_t>(found - columns.begin());
}

size_t CsvTable::column(std::string_view column) const {
  if (const auto found = find(column)) return *found;
  std::string all;
  for (const std::string& c : columns) all += (all.empty() ? "" : ", ") + c;
  fail_at_line(name, 1, "no column \"{}\", found {}", column, all);
}

bool is_text(std::string_view bytes) {
  // Well-formed ranges of RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
  for (size_t i = 0; i < bytes.size();) {
    const auto byte = [&](size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u;
    };
    const unsigned lead = byte(0);
    if (lead == 0) return false;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t more = lead >= 0xC2 && lead < 0xE0   ? 1
                        : (lead >> 4) == 0xE          ? 2
                        : lead >= 0xF0 && lead < 0xF5 ? 3
                                                      : 0;
    if (more == 0) return false;
    for (size_t k = 1; k <= more; ++k)
      if ((byte(k) & 0xC0u) != 0x80u) return false;
    const unsigned second = byte(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
      return false;
    i += more + 1;
  }
  return true;
}

CsvTable parse_csv(std::string_view text, const std::string& name) {
  if (!is_text(text)) throw ParseError(name + ": not UTF-8 text, expected a CSV table");
  CsvReader reader(text, name);
  CsvTable table;
  table.name = name;
  if (reader.at_end()) fail_at_line(name, 1, "empty file, expected a line of column names");
  table.columns = reader.row();
  std::set<std::string> seen;
  for (const std::string& column : table.columns)
    if (!seen.insert(column).second) fail_at_line(name, 1, "column \"{}\" is there twice", column);
  while (!reader.at_end()) {
    const int64_t line = reader.line();
    std::vector<std::string> row = reader.row();
    if (row.size() == 1 && row[0].empty() && table.columns.size() > 1) continue;  // empty line
    if (row.size() != table.columns.size())
      fail_at_line(name, line, "found {} fields, expected {}", row.size(), table.columns.size());
    table.rows.push_back(std::move(row));
    table.lines.push_back(line);
  }
  return table;
}

CsvTable read_csv(const std::filesystem::path& path) {
  return parse_csv(read_file(path, uint64_t{256} << 20), path.string());
}

}  // namespace pantomime::formats
