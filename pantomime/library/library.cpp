#include "pantomime/library/library.h"

#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;
using motion::kJointCount;
using motion::Quat;
using motion::Vec3;

static_assert(std::endian::native == std::endian::little, "arrays are stored little endian");
static_assert(sizeof(Vec3) == 3 * sizeof(float) && sizeof(Quat) == 4 * sizeof(float));

constexpr int kFormat = 2;                  // PRAGMA user_version
constexpr int kApplicationId = 0x50414e54;  // "PANT", shown by file(1) and PRAGMA application_id

constexpr const char* kSchema = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE clips (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  set_name TEXT NOT NULL,
  subject TEXT NOT NULL,
  split TEXT NOT NULL CHECK (split IN ('train', 'val', 'test', 'benchmark')),
  style TEXT NOT NULL,
  caption TEXT NOT NULL,
  licence TEXT NOT NULL,
  source TEXT NOT NULL,
  mapping TEXT NOT NULL,
  weight REAL NOT NULL CHECK (weight > 0),
  frames INTEGER NOT NULL CHECK (frames > 0),
  source_hash TEXT,
  root_positions BLOB NOT NULL,  -- float32 [frames, 3] metres
  rotations BLOB NOT NULL,       -- float32 [frames, 22, 4] w x y z, joint in its parent's frame
  offsets BLOB NOT NULL          -- float32 [22, 3] metres, from the parent
);
CREATE TABLE segments (
  clip INTEGER NOT NULL REFERENCES clips (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  first INTEGER NOT NULL CHECK (first >= 0),
  last INTEGER NOT NULL CHECK (last > first),  -- frames [first, last)
  label TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (clip, number)
) WITHOUT ROWID;
CREATE INDEX segments_by_label ON segments (label);
)sql";

// Since format 2.
constexpr const char* kFindingsSchema = R"sql(
CREATE TABLE findings (
  clip INTEGER NOT NULL REFERENCES clips (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('mended', 'note', 'serious')),
  first INTEGER NOT NULL,
  last INTEGER NOT NULL CHECK (last > first),  -- frames [first, last)
  joint TEXT,                                  -- NULL: the whole body
  measure TEXT NOT NULL,
  measured REAL,
  low REAL,                                    -- expected range; NULL: no bound
  high REAL,
  PRIMARY KEY (clip, number)
) WITHOUT ROWID;
CREATE INDEX findings_by_kind ON findings (kind);
)sql";

/// One prepared statement; columns and parameters are typed, sizes are checked by SQLite.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& file, const std::string& sql)
      : database_(database), file_(file) {
    if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK) raise();
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  void bind(int at, const std::string& text) {
    check(sqlite3_bind_text64(statement_, at, text.data(), text.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
  }
  void bind(int at, int64_t number) { check(sqlite3_bind_int64(statement_, at, number)); }
  void bind(int at, double number) { check(sqlite3_bind_double(statement_, at, number)); }
  /// Leaves NULL for numbers that are not finite.
  void bind_finite(int at, double number) {
    if (std::isfinite(number)) bind(at, number);
  }
  /// The array must outlive the statement's next step.
  template <typename T>
  void bind(int at, const std::vector<T>& array) {
    check(
        sqlite3_bind_blob64(statement_, at, array.data(), array.size() * sizeof(T), SQLITE_STATIC));
  }

  /// True while there is a row.
  bool step() {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) raise();
    return false;
  }
  void reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  void run() {
    while (step()) {
    }
    reset();
  }

  int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
  }
  /// A stored array of `count` elements.
  template <typename T>
  std::vector<T> array(int column, size_t count, const std::string& what) const {
    const void* bytes = sqlite3_column_blob(statement_, column);
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
    if (size != count * sizeof(T))
      fail("{}: {}: expected {} bytes, found {}", file_, what, count * sizeof(T), size);
    std::vector<T> result(count);
    if (size > 0) std::memcpy(result.data(), bytes, size);
    return result;
  }

 private:
  void check(int result) {
    if (result != SQLITE_OK) raise();
  }
  [[noreturn]] void raise() { fail("{}: {}", file_, sqlite3_errmsg(database_)); }

  sqlite3* database_;
  const std::string& file_;
  sqlite3_stmt* statement_ = nullptr;
};

/// All or nothing: rolls back unless commit() was reached.
class Transaction {
 public:
  explicit Transaction(sqlite3* database, const std::string& file)
      : database_(database), file_(file) {
    execute("BEGIN IMMEDIATE");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (!done_) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  void commit() {
    execute("COMMIT");
    done_ = true;
  }

 private:
  void execute(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      fail("{}: {}", file_, sqlite3_errmsg(database_));
  }
  sqlite3* database_;
  const std::string& file_;
  bool done_ = false;
};

constexpr const char* kInfoColumns =
    "id, name, set_name, subject, split, style, caption, licence, source, mapping, weight, frames";

/// " AND column IN (?, ?)", one question mark a value.
std::string one_of(const std::string& test, size_t count) {
  std::string marks;
  for (size_t i = 0; i < count; ++i) marks += i == 0 ? "?" : ", ?";
  return " AND " + test + " (" + marks + ")";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

struct Library::Impl {
  std::string file;
  Mode mode = Mode::Read;
  int64_t format = kFormat;
  sqlite3* database = nullptr;

  ~Impl() {
    if (database == nullptr) return;
    // One file when we leave: fold the write-ahead log in. Fails harmlessly while others read.
    if (mode == Mode::Write)
      sqlite3_exec(database, "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
    sqlite3_close_v2(database);
  }

  void execute(const char* sql) const {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      fail("{}: {}", file, sqlite3_errmsg(database));
  }
  int64_t number(const std::string& sql) const {
    Statement statement(database, file, sql);
    return statement.step() ? statement.integer(0) : 0;
  }

  void open() {
    const int flags =
        mode == Mode::Read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const int result = sqlite3_open_v2(file.c_str(), &database, flags, nullptr);
    if (result != SQLITE_OK)
      fail("{}: can't open: {}", file,
           database == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(database));
    sqlite3_busy_timeout(database, 5000);
    // The file may come from anybody: no SQL hidden in its schema is run.
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON");
  }

  void check_format() {
    int64_t application = 0;
    try {
      application = number("PRAGMA application_id");
      format = number("PRAGMA user_version");
    } catch (const Error& error) {
      fail("{} (expected a motion library)", error.what());
    }
    if (application != kApplicationId)
      fail("{}: a database, but not a motion library (made by \"pantomime import\")", file);
    if (format > kFormat)
      fail("{}: made by a newer pantomime (library format {}, this reads 1 to {})", file, format,
           kFormat);
    if (format < 1) fail("{}: library format {}, expected 1 to {}", file, format, kFormat);
  }

  void create() const {
    Transaction transaction(database, file);
    execute(kSchema);
    execute(kFindingsSchema);
    Statement insert(database, file, "INSERT INTO meta VALUES (?, ?)");
    const std::pair<std::string, std::string> meta[] = {
        {"format", std::to_string(kFormat)},
        {"fps", "30"},
        {"joint_names", fmt::format("{}", fmt::join(motion::kJointNames, ","))},
        {"joint_parents", fmt::format("{}", fmt::join(motion::kJointParents, ","))},
        {"arrays", "float32, little endian, row-major"},
        {"axes", "right-handed, +Y up, +Z forward, metres"},
        {"quaternions", "w x y z, world_from_joint = world_from_parent * parent_from_joint"},
    };
    for (const auto& [key, value] : meta) {
      insert.bind(1, key);
      insert.bind(2, value);
      insert.run();
    }
    execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kFormat)
            .c_str());
    transaction.commit();
  }

  /// Brings a library of an older format up to date.
  void upgrade() {
    if (format == kFormat) return;
    Transaction transaction(database, file);
    execute(kFindingsSchema);
    execute(fmt::format("UPDATE meta SET value = '{0}' WHERE key = 'format'; "
                        "PRAGMA user_version = {0}",
                        kFormat)
                .c_str());
    transaction.commit();
    format = kFormat;
  }

  void store_findings(int64_t id, const std::vector<motion::Finding>& findings) const {
    Statement clear(database, file, "DELETE FROM findings WHERE clip = ?");
    clear.bind(1, id);
    clear.run();
    Statement insert(database, file,
                     "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    int64_t number = 0;
    for (const motion::Finding& f : findings) {
      insert.bind(1, id);
      insert.bind(2, number++);
      insert.bind(3, std::string(motion::name_of(f.defect)));
      insert.bind(4, std::string(motion::name_of(f.severity)));
      insert.bind(5, f.first);
      insert.bind(6, f.last);
      if (f.joint >= 0 && f.joint < kJointCount)
        insert.bind(7, std::string(motion::kJointNames[static_cast<size_t>(f.joint)]));
      insert.bind(8, f.measure);
      insert.bind_finite(9, f.measured);
      insert.bind_finite(10, f.low);
      insert.bind_finite(11, f.high);
      insert.run();
    }
  }

  bool knows_benchmarks() const {
    return number("SELECT instr(sql, '''benchmark''') FROM sqlite_schema WHERE name = 'clips'") > 0;
  }

  void need_write() const {
    if (mode != Mode::Write) fail("{}: opened for reading only", file);
  }
};

bool looks_like_library(const fs::path& path) {
  if (!fs::is_regular_file(path)) return false;
  const MappedFile file(path);
  const auto bytes = file.bytes();
  return bytes.size() >= 16 && std::memcmp(bytes.data(), "SQLite format 3", 16) == 0;  // with \0
}

Library::Library(const fs::path& path, Mode mode) : impl_(std::make_unique<Impl>()) {
  impl_->file = path.string();
  impl_->mode = mode;
  if (mode == Mode::Read && !fs::exists(path)) fail("{}: no such file", path.string());
  if (fs::is_directory(path)) fail("{}: a folder, expected a motion library", path.string());
  const bool fresh = !fs::exists(path) || fs::file_size(path) == 0;
  impl_->open();
  if (fresh && mode == Mode::Write) {
    impl_->create();
  } else {
    impl_->check_format();
    if (mode == Mode::Write) impl_->upgrade();
  }
  if (mode == Mode::Write) {
    // A transaction a clip would wait for the disk thousands of times without the log. Where the
    // file system can't have one, SQLite stays with its default, which is only slower.
    impl_->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  }
}

Library::~Library() = default;
Library::Library(Library&&) noexcept = default;
Library& Library::operator=(Library&&) noexcept = default;

std::vector<ClipInfo> Library::clips(const Filter& filter) const {
  std::string where = " WHERE 1";
  std::vector<std::string> values;
  const auto restrict = [&](const std::string& test, const std::vector<std::string>& list,
                            const char* close = "") {
    if (list.empty()) return;
    where += one_of(test, list.size()) + close;
    values.insert(values.end(), list.begin(), list.end());
  };
  restrict("set_name IN", filter.sets);
  restrict("split IN", filter.splits);
  restrict("licence IN", filter.licences);
  restrict("licence NOT IN", filter.without_licences);
  restrict("EXISTS (SELECT 1 FROM segments WHERE clip = clips.id AND label IN", filter.labels, ")");

  Statement rows(impl_->database, impl_->file,
                 std::string("SELECT ") + kInfoColumns + " FROM clips" + where + " ORDER BY name");
  for (size_t i = 0; i < values.size(); ++i) rows.bind(static_cast<int>(i) + 1, values[i]);
  Statement segments(impl_->database, impl_->file,
                     "SELECT first, last, label, detail FROM segments WHERE clip = ? "
                     "ORDER BY number");
  std::vector<ClipInfo> result;
  while (rows.step()) {
    ClipInfo info{.id = rows.integer(0),
                  .name = rows.text(1),
                  .set = rows.text(2),
                  .subject = rows.text(3),
                  .split = rows.text(4),
                  .style = rows.text(5),
                  .caption = rows.text(6),
                  .licence = rows.text(7),
                  .source = rows.text(8),
                  .mapping = rows.text(9),
                  .weight = rows.real(10),
                  .frames = rows.integer(11),
                  .segments = {}};
    segments.bind(1, info.id);
    while (segments.step())
      info.segments.push_back(
          {segments.integer(0), segments.integer(1), segments.text(2), segments.text(3)});
    segments.reset();
    result.push_back(std::move(info));
  }
  return result;
}

motion::Clip Library::load(int64_t id) const {
  Statement row(impl_->database, impl_->file,
                "SELECT name, frames, root_positions, rotations, offsets FROM clips WHERE id = ?");
  row.bind(1, id);
  if (!row.step()) fail("{}: no clip with id {}", impl_->file, id);
  const std::string name = row.text(0);
  const int64_t stored = row.integer(1);
  if (stored < 1 || stored > (int64_t{1} << 31))
    fail("{}: {}: {} frames", impl_->file, name, stored);
  const auto frames = static_cast<size_t>(stored);
  motion::Clip clip;
  clip.fps = motion::kFps;
  clip.root_positions = row.array<Vec3>(2, frames, name + ": root positions");
  clip.rotations = row.array<Quat>(3, frames * kJointCount, name + ": rotations");
  clip.skeleton = motion::canonical_skeleton(row.array<Vec3>(4, kJointCount, name + ": offsets"));
  try {
    clip.validate();
  } catch (const Error& error) {
    fail("{}: {}: {}", impl_->file, name, error.what());
  }
  return clip;
}

namespace {

void check_clip(const std::string& file, const ClipInfo& info, const motion::Clip& clip) {
  if (info.name.empty()) fail("{}: a clip needs a name", file);
  const std::string where = file + ": " + info.name;
  if (info.split != "train" && info.split != "val" && info.split != "test" &&
      info.split != "benchmark")
    fail("{}: split \"{}\", expected train, val, test or benchmark", where, info.split);
  if (!(info.weight > 0)) fail("{}: weight {}, expected more than 0", where, info.weight);
  if (!std::equal(clip.skeleton.names.begin(), clip.skeleton.names.end(),
                  motion::kJointNames.begin(), motion::kJointNames.end()))
    fail("{}: {} joints, expected the canonical {}", where, clip.joint_count(), kJointCount);
  if (clip.fps != motion::kFps)
    fail("{}: {} frames per second, expected {}", where, clip.fps, motion::kFps);
  if (clip.frame_count() == 0) fail("{}: no frames", where);
  clip.validate();
  const auto frames = static_cast<int64_t>(clip.frame_count());
  for (const Segment& segment : info.segments)
    if (segment.first < 0 || segment.last <= segment.first || segment.last > frames)
      fail("{}: segment [{}, {}) of {} frames", where, segment.first, segment.last, frames);
}

}  // namespace

int64_t Library::put(const ClipInfo& info, const motion::Clip& clip, const std::string& hash,
                     const std::vector<motion::Finding>& findings) {
  impl_->need_write();
  check_clip(impl_->file, info, clip);
  if (info.split == "benchmark" && !impl_->knows_benchmarks())
    fail("{}: {}: this library was made before there were benchmark sets, expected a new one",
         impl_->file, info.name);
  std::vector<Quat> rotations(clip.rotations.size());
  std::transform(clip.rotations.begin(), clip.rotations.end(), rotations.begin(),
                 [](Quat q) { return motion::canonical(q); });

  Transaction transaction(impl_->database, impl_->file);
  Statement upsert(
      impl_->database, impl_->file,
      "INSERT INTO clips (name, set_name, subject, split, style, caption, licence, source, "
      "mapping, weight, frames, source_hash, root_positions, rotations, offsets) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, nullif(?12, ''), ?13, ?14, ?15) "
      "ON CONFLICT (name) DO UPDATE SET set_name = ?2, subject = ?3, split = ?4, style = ?5, "
      "caption = ?6, licence = ?7, source = ?8, mapping = ?9, weight = ?10, frames = ?11, "
      "source_hash = nullif(?12, ''), root_positions = ?13, rotations = ?14, offsets = ?15 "
      "RETURNING id");
  const std::string* texts[] = {&info.name,    &info.set,    &info.subject,
                                &info.split,   &info.style,  &info.caption,
                                &info.licence, &info.source, &info.mapping};
  int at = 0;
  for (const std::string* text : texts) upsert.bind(++at, *text);
  upsert.bind(++at, info.weight);
  upsert.bind(++at, static_cast<int64_t>(clip.frame_count()));
  upsert.bind(++at, hash);
  upsert.bind(++at, clip.root_positions);
  upsert.bind(++at, rotations);
  upsert.bind(++at, clip.skeleton.offsets);
  upsert.step();
  const int64_t id = upsert.integer(0);
  upsert.run();

  Statement clear(impl_->database, impl_->file, "DELETE FROM segments WHERE clip = ?");
  clear.bind(1, id);
  clear.run();
  Statement insert(impl_->database, impl_->file, "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?)");
  int64_t number = 0;
  for (const Segment& segment : info.segments) {
    insert.bind(1, id);
    insert.bind(2, number++);
    insert.bind(3, segment.first);
    insert.bind(4, segment.last);
    insert.bind(5, segment.label);
    insert.bind(6, segment.detail);
    insert.run();
  }
  impl_->store_findings(id, findings);
  transaction.commit();
  return id;
}

std::vector<motion::Finding> Library::findings(int64_t id) const {
  std::vector<motion::Finding> found;
  if (impl_->format < 2) return found;
  Statement rows(impl_->database, impl_->file,
                 "SELECT kind, severity, first, last, joint, measure, measured, low, high "
                 "FROM findings WHERE clip = ? ORDER BY number");
  rows.bind(1, id);
  while (rows.step()) {
    const auto defect = motion::find_defect(rows.text(0));
    const auto severity = motion::find_severity(rows.text(1));
    if (!defect || !severity)
      fail("{}: finding \"{}\", {} of clip {}, expected one that this pantomime knows", impl_->file,
           rows.text(0), rows.text(1), id);
    const auto number = [&](int column, double none) {
      return rows.is_null(column) ? none : rows.real(column);
    };
    found.push_back({.defect = *defect,
                     .severity = *severity,
                     .first = rows.integer(2),
                     .last = rows.integer(3),
                     .joint = rows.is_null(4) ? -1 : motion::find_joint(rows.text(4)).value_or(-1),
                     .measured = number(6, motion::Finding::kNone),
                     .low = number(7, -motion::Finding::kNone),
                     .high = number(8, motion::Finding::kNone),
                     .measure = rows.text(5)});
  }
  return found;
}

void Library::set_findings(int64_t id, const std::vector<motion::Finding>& findings) {
  impl_->need_write();
  Transaction transaction(impl_->database, impl_->file);
  impl_->store_findings(id, findings);
  transaction.commit();
}

std::optional<int64_t> Library::find(const std::string& name) const {
  Statement row(impl_->database, impl_->file, "SELECT id FROM clips WHERE name = ?");
  row.bind(1, name);
  if (!row.step()) return std::nullopt;
  return row.integer(0);
}

std::optional<std::string> Library::source_hash(const std::string& name) const {
  Statement row(impl_->database, impl_->file, "SELECT source_hash FROM clips WHERE name = ?");
  row.bind(1, name);
  if (!row.step() || row.is_null(0)) return std::nullopt;
  return row.text(0);
}

void Library::write_captions(int64_t id, const std::vector<std::string>& sentences,
                             Foreign foreign) {
  impl_->need_write();
  for (const std::string& sentence : sentences)
    if (sentence.empty() || sentence.find_first_of("\n\r") != std::string::npos)
      fail("{}: a caption of {} bytes, expected one line", impl_->file, sentence.size());
  Transaction transaction(impl_->database, impl_->file);
  // What we wrote stands beside, so that the next time knows it from what came with the motion.
  impl_->execute(
      "CREATE TABLE IF NOT EXISTS made_captions (clip INTEGER PRIMARY KEY REFERENCES clips (id) "
      "ON DELETE CASCADE, sentences TEXT NOT NULL)");
  Statement row(impl_->database, impl_->file,
                "SELECT caption, coalesce(sentences, '') FROM clips LEFT JOIN made_captions "
                "ON clip = id WHERE id = ?");
  row.bind(1, id);
  if (!row.step()) fail("{}: no clip with id {}", impl_->file, id);
  std::vector<std::string> lines;
  if (foreign == Foreign::Keep) {
    const auto ours = lines_of(row.text(1));
    for (const std::string& line : lines_of(row.text(0)))
      if (std::find(ours.begin(), ours.end(), line) == ours.end()) lines.push_back(line);
  }
  row.reset();
  lines.insert(lines.end(), sentences.begin(), sentences.end());
  Statement caption(impl_->database, impl_->file, "UPDATE clips SET caption = ? WHERE id = ?");
  caption.bind(1, fmt::format("{}", fmt::join(lines, "\n")));
  caption.bind(2, id);
  caption.run();
  Statement made(impl_->database, impl_->file,
                 "INSERT OR REPLACE INTO made_captions VALUES (?, ?)");
  made.bind(1, id);
  made.bind(2, fmt::format("{}", fmt::join(sentences, "\n")));
  made.run();
  transaction.commit();
}

bool Library::remove(const std::string& name) {
  impl_->need_write();
  Statement statement(impl_->database, impl_->file, "DELETE FROM clips WHERE name = ?");
  statement.bind(1, name);
  statement.run();
  return sqlite3_changes(impl_->database) > 0;
}

}  // namespace pantomime::library
