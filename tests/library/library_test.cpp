#include "pantomime/library/library.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "tests/support/support.h"

namespace pantomime::library {
namespace {

namespace fs = std::filesystem;

ClipInfo some_info(const std::string& name) {
  return {.id = 0,
          .name = name,
          .set = "set-a",
          .subject = "a/1",
          .split = "train",
          .style = "happy",
          .caption = "a person, \"walking\"",
          .licence = "MIT",
          .source = "somewhere",
          .mapping = "rig",
          .weight = 0.5,
          .frames = 0,
          .segments = {{0, 10, "walk", "walk backwards"}, {5, 40, "wave", "wave"}}};
}

using test::error_of;

void run_sql(const fs::path& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

TEST(Library, GivesBackWhatWasPutIn) {
  const test::TemporaryFolder folder;
  const motion::Clip clip = test::random_clip(1, 40);
  {
    Library library(folder / "l.db", Library::Mode::Write);
    library.put(some_info("set-a/x.bvh"), clip, "abc");
  }
  const Library library(folder / "l.db", Library::Mode::Read);
  const auto clips = library.clips();
  ASSERT_EQ(clips.size(), 1u);
  const ClipInfo& info = clips[0];
  const ClipInfo expected = some_info("set-a/x.bvh");
  EXPECT_EQ(info.name, expected.name);
  EXPECT_EQ(info.set, expected.set);
  EXPECT_EQ(info.subject, expected.subject);
  EXPECT_EQ(info.split, expected.split);
  EXPECT_EQ(info.style, expected.style);
  EXPECT_EQ(info.caption, expected.caption);
  EXPECT_EQ(info.licence, expected.licence);
  EXPECT_EQ(info.source, expected.source);
  EXPECT_EQ(info.mapping, expected.mapping);
  EXPECT_EQ(info.weight, 0.5);
  EXPECT_EQ(info.frames, 40);
  ASSERT_EQ(info.segments.size(), 2u);
  EXPECT_EQ(info.segments[0].detail, "walk backwards");
  EXPECT_EQ(info.segments[1].first, 5);
  EXPECT_EQ(info.segments[1].last, 40);
  EXPECT_EQ(library.source_hash("set-a/x.bvh"), "abc");
  EXPECT_FALSE(library.source_hash("set-a/y.bvh"));

  const motion::Clip loaded = library.load(info.id);
  EXPECT_EQ(loaded.fps, motion::kFps);
  EXPECT_EQ(loaded.root_positions, clip.root_positions);
  EXPECT_EQ(loaded.skeleton.offsets, clip.skeleton.offsets);
  ASSERT_EQ(loaded.rotations.size(), clip.rotations.size());
  for (size_t i = 0; i < clip.rotations.size(); ++i)
    EXPECT_EQ(loaded.rotations[i], motion::canonical(clip.rotations[i]));
}

TEST(Library, IsOneFileWhenClosed) {
  const test::TemporaryFolder folder;
  {
    Library library(folder / "l.db", Library::Mode::Write);
    library.put(some_info("x"), test::random_clip(1, 40));
  }
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().filename(), "l.db");
    ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST(Library, SameClipsGiveTheSameBytes) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.db", "b.db"}) {
    Library library(folder / name, Library::Mode::Write);
    for (uint64_t i = 0; i < 5; ++i)
      library.put(some_info("clip" + std::to_string(i)), test::random_clip(i, 60));
  }
  EXPECT_EQ(read_file(folder / "a.db"), read_file(folder / "b.db"));
}

TEST(Library, ReplacesAClipOfTheSameNameAndKeepsItsId) {
  const test::TemporaryFolder folder;
  Library library(folder / "l.db", Library::Mode::Write);
  const int64_t id = library.put(some_info("x"), test::random_clip(1, 40), "old");
  ClipInfo info = some_info("x");
  info.segments = {{0, 5, "sit", "sit"}};
  EXPECT_EQ(library.put(info, test::random_clip(2, 50)), id);
  const auto clips = library.clips();
  ASSERT_EQ(clips.size(), 1u);
  EXPECT_EQ(clips[0].frames, 50);
  ASSERT_EQ(clips[0].segments.size(), 1u);
  EXPECT_EQ(clips[0].segments[0].label, "sit");
  EXPECT_FALSE(library.source_hash("x"));
  EXPECT_EQ(library.load(id).root_positions, test::random_clip(2, 50).root_positions);
}

TEST(Library, RemovesAClipWithItsSegments) {
  const test::TemporaryFolder folder;
  Library library(folder / "l.db", Library::Mode::Write);
  library.put(some_info("x"), test::random_clip(1, 40));
  EXPECT_TRUE(library.remove("x"));
  EXPECT_FALSE(library.remove("x"));
  EXPECT_TRUE(library.clips().empty());
  EXPECT_TRUE(library.clips({.sets = {}, .splits = {}, .labels = {"walk"}}).empty());
}

TEST(Library, FiltersBySetSplitLabelAndLicence) {
  const test::TemporaryFolder folder;
  Library library(folder / "l.db", Library::Mode::Write);
  const auto put = [&](const std::string& name, const std::string& set, const std::string& split,
                       const std::string& label, const std::string& licence) {
    ClipInfo info = some_info(name);
    info.set = set;
    info.split = split;
    info.segments = {{0, 4, label, label}, {4, 8, label, label}};
    info.licence = licence;
    library.put(info, test::random_clip(1, 8));
  };
  put("1", "a", "train", "walk", "MIT");
  put("2", "a", "test", "run", "MIT");
  put("3", "b", "train", "run", "CC-BY-NC-4.0");
  put("4", "b", "val", "o'clock", "CC0-1.0");
  const auto names = [&](const Filter& filter) {
    std::string all;
    for (const ClipInfo& info : library.clips(filter)) all += info.name;
    return all;
  };
  EXPECT_EQ(names({}), "1234");
  EXPECT_EQ(names({.sets = {"b"}}), "34");
  EXPECT_EQ(names({.splits = {"train", "val"}}), "134");
  EXPECT_EQ(names({.labels = {"run"}}), "23");
  EXPECT_EQ(names({.labels = {"o'clock"}}), "4");
  EXPECT_EQ(names({.licences = {"MIT", "CC0-1.0"}}), "124");
  EXPECT_EQ(names({.without_licences = {"CC-BY-NC-4.0"}}), "124");
  EXPECT_EQ(names({.sets = {"a"}, .splits = {"test"}, .labels = {"walk"}}), "");
}

TEST(Library, RefusesClipsThatAreNotCanonical) {
  const test::TemporaryFolder folder;
  Library library(folder / "l.db", Library::Mode::Write);
  const fs::path file = folder / "l.db";
  motion::Clip clip = test::random_clip(1, 40);
  clip.fps = 60;
  EXPECT_EQ(error_of([&] { library.put(some_info("x"), clip); }),
            file.string() + ": x: 60 frames per second, expected 30");
  EXPECT_EQ(error_of([&] { library.put(some_info("x"), test::random_clip(1, 39)); }),
            file.string() + ": x: segment [5, 40) of 39 frames");
  ClipInfo info = some_info("x");
  info.split = "holdout";
  EXPECT_EQ(error_of([&] { library.put(info, test::random_clip(1, 40)); }),
            file.string() + ": x: split \"holdout\", expected train, val, test or benchmark");
  EXPECT_TRUE(library.clips().empty());
}

TEST(Library, RefusesToWriteWhenOpenedForReading) {
  const test::TemporaryFolder folder;
  { Library library(folder / "l.db", Library::Mode::Write); }
  Library library(folder / "l.db", Library::Mode::Read);
  EXPECT_EQ(error_of([&] { library.put(some_info("x"), test::random_clip(1, 40)); }),
            (folder / "l.db").string() + ": opened for reading only");
}

TEST(Library, SaysWhatIsWrongWithOtherFiles) {
  const test::TemporaryFolder folder;
  const auto open = [&](const std::string& name, Library::Mode mode = Library::Mode::Read) {
    return error_of([&] { Library library(folder / name, mode); });
  };
  EXPECT_EQ(open("none.db"), (folder / "none.db").string() + ": no such file");
  write_file(folder / "text.db", std::string(5000, 'x'));
  EXPECT_EQ(open("text.db"),
            (folder / "text.db").string() + ": file is not a database (expected a motion library)");
  EXPECT_EQ(open("text.db", Library::Mode::Write), open("text.db"));
  EXPECT_EQ(read_file(folder / "text.db"), std::string(5000, 'x'));
  run_sql(folder / "other.db", "CREATE TABLE t (x)");
  EXPECT_EQ(open("other.db"), (folder / "other.db").string() +
                                  ": a database, but not a motion library (made by \"pantomime "
                                  "import\")");
  EXPECT_NE(open("other.db", Library::Mode::Write), "no error");
  { Library library(folder / "new.db", Library::Mode::Write); }
  run_sql(folder / "new.db", "PRAGMA user_version = 99");
  EXPECT_EQ(open("new.db"), (folder / "new.db").string() +
                                ": made by a newer pantomime (library format 99, this reads 1 to "
                                "2)");
}

TEST(Library, KeepsFindingsWithTheirClip) {
  const test::TemporaryFolder folder;
  Library library(folder / "l.db", Library::Mode::Write);
  const motion::Clip clip = test::random_clip(4, 30);
  ClipInfo info;
  info.name = "own/a";
  info.set = "own";
  info.subject = "own/anna";
  info.split = "train";
  info.licence = "CC0-1.0";
  const motion::Finding flip{.defect = motion::Defect::kFlip,
                             .severity = motion::Severity::kSerious,
                             .first = 3,
                             .last = 5,
                             .joint = motion::kLeftKnee,
                             .measured = 171,
                             .high = 57,
                             .measure = "turn in a step, degrees"};
  motion::Finding floor = flip;
  floor.defect = motion::Defect::kFloor;
  floor.severity = motion::Severity::kNote;
  floor.joint = -1;
  const int64_t id = library.put(info, clip, "hash", {flip, floor});
  EXPECT_EQ(library.findings(id), (std::vector{flip, floor}));
  library.set_findings(id, {floor});
  EXPECT_EQ(library.findings(id), std::vector{floor});
  library.put(info, clip, "other", {});
  EXPECT_EQ(library.findings(library.clips()[0].id).size(), 0u);
}

TEST(Library, BringsTheFirstFormatUpToDate) {
  const test::TemporaryFolder folder;
  { Library library(folder / "l.db", Library::Mode::Write); }
  // What the first format did not have.
  run_sql(folder / "l.db",
          "DROP TABLE findings; UPDATE meta SET value = '1' WHERE key = 'format'; "
          "PRAGMA user_version = 1");
  EXPECT_TRUE(Library(folder / "l.db", Library::Mode::Read).findings(1).empty());
  Library library(folder / "l.db", Library::Mode::Write);
  EXPECT_TRUE(library.findings(1).empty());
}

TEST(Library, KeepsBenchmarksApart) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "l.db";
  ClipInfo info = some_info("kinect");
  info.split = "benchmark";
  Library(file, Library::Mode::Write).put(info, test::random_clip(1, 40));
  const Library library(file, Library::Mode::Read);
  EXPECT_EQ(library.clips({.splits = {"benchmark"}}).size(), 1u);
  EXPECT_TRUE(library.clips({.splits = {"train", "val", "test"}}).empty());
  info.split = "holiday";
  EXPECT_NE(error_of([&] {
              Library(folder / "m.db", Library::Mode::Write).put(info, test::random_clip(1, 40));
            }).find("split \"holiday\", expected train, val, test or benchmark"),
            std::string::npos);
}

TEST(Library, MadeBeforeBenchmarksSaysSo) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "old.db";
  { Library library(file, Library::Mode::Write); }
  run_sql(file,
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, "
          "', ''benchmark''', '') WHERE name = 'clips'");
  ClipInfo info = some_info("x");
  Library library(file, Library::Mode::Write);
  EXPECT_EQ(library.put(info, test::random_clip(1, 40)), 1);
  info.split = "benchmark";
  EXPECT_EQ(error_of([&] { library.put(info, test::random_clip(1, 40)); }),
            file.string() +
                ": x: this library was made before there were benchmark sets, expected a new one");
}

TEST(Library, SaysWhatIsWrongWithBrokenArrays) {
  const test::TemporaryFolder folder;
  int64_t id = 0;
  {
    Library library(folder / "l.db", Library::Mode::Write);
    id = library.put(some_info("x"), test::random_clip(1, 40));
  }
  const fs::path file = folder / "l.db";
  run_sql(file, "UPDATE clips SET rotations = zeroblob(100)");
  EXPECT_EQ(error_of([&] { Library(file, Library::Mode::Read).load(id); }),
            file.string() + ": x: rotations: expected 14080 bytes, found 100");
  run_sql(file, "UPDATE clips SET frames = 1099511627776");
  EXPECT_EQ(error_of([&] { Library(file, Library::Mode::Read).load(id); }),
            file.string() + ": x: 1099511627776 frames");
  EXPECT_EQ(error_of([&] { Library(file, Library::Mode::Read).load(id + 1); }),
            file.string() + ": no clip with id 2");
}

TEST(Library, SurvivesDamageAnywhereInTheFile) {
  const test::TemporaryFolder folder;
  {
    Library library(folder / "good.db", Library::Mode::Write);
    for (uint64_t i = 0; i < 3; ++i)
      library.put(some_info("clip" + std::to_string(i)), test::random_clip(i, 60));
  }
  const std::string good = read_file(folder / "good.db");
  Random random(test::random_seed());
  for (int i = 0; i < test::random_cases(); ++i) {
    std::string bad = good;
    for (int k = 0; k < 20; ++k)
      bad[static_cast<size_t>(random.uniform(0, static_cast<double>(bad.size() - 1)))] =
          static_cast<char>(random.uniform(0, 255));
    if (i % 4 == 0) bad.resize(bad.size() / 2);
    write_file(folder / "bad.db", bad);
    try {
      const Library library(folder / "bad.db", Library::Mode::Read);
      for (const ClipInfo& info : library.clips()) library.load(info.id);
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("bad.db"), std::string::npos);
    }
  }
}

TEST(Library, CanBeReadWhileItIsWritten) {
  const test::TemporaryFolder folder;
  Library writer(folder / "l.db", Library::Mode::Write);
  writer.put(some_info("x"), test::random_clip(1, 40));
  const Library reader(folder / "l.db", Library::Mode::Read);
  EXPECT_EQ(reader.clips().size(), 1u);
}

}  // namespace
}  // namespace pantomime::library
