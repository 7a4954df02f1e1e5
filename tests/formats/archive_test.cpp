#include "pantomime/formats/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <vector>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "tests/support/support.h"

namespace pantomime::formats {
namespace {

namespace fs = std::filesystem;
using Entries = std::vector<std::pair<std::string, std::string>>;

/// Writes an archive of the kind that its name says.
void write_archive(const fs::path& path, const Entries& entries) {
  archive* out = archive_write_new();
  if (path.extension() == ".zip") {
    archive_write_set_format_zip(out);
  } else {
    archive_write_set_format_pax_restricted(out);
    if (path.extension() == ".zst") archive_write_add_filter_zstd(out);
    if (path.extension() == ".gz") archive_write_add_filter_gzip(out);
  }
  ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
  for (const auto& [name, content] : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, content == "->" ? AE_IFLNK : AE_IFREG);
    if (content == "->") archive_entry_set_symlink(entry, "/etc/passwd");
    archive_entry_set_perm(entry, 0644);
    ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK);
    const bool has_data = content != "->";
    EXPECT_EQ(has_data ? archive_write_data(out, content.data(), content.size()) : 2,
              static_cast<la_ssize_t>(content.size()));
    archive_entry_free(entry);
  }
  ASSERT_EQ(archive_write_close(out), ARCHIVE_OK);
  archive_write_free(out);
}

Entries read_all(const fs::path& path, const ArchiveLimits& limits = {}) {
  Entries result;
  read_archive(
      path, [](const std::string&) { return true; },
      [&](const std::string& name, std::string&& content) {
        result.emplace_back(name, std::move(content));
        return true;
      },
      limits);
  return result;
}

std::string error_of(const fs::path& path, const ArchiveLimits& limits = {}) {
  return test::error_of<Error>([&] { read_all(path, limits); });
}

TEST(Archive, ReadsFilesInOrderFromEveryKind) {
  const test::TemporaryFolder folder;
  const Entries entries = {{"b/two.bvh", std::string(100000, 'x')}, {"a/one.bvh", "1"}};
  for (const char* name : {"t.tar", "t.tar.zst", "t.tar.gz", "t.zip"}) {
    write_archive(folder / name, entries);
    EXPECT_EQ(read_all(folder / name), entries) << name;
  }
}

TEST(Archive, HandsOverOnlyWhatIsWantedAndStopsWhenTold) {
  const test::TemporaryFolder folder;
  write_archive(folder / "t.tar", {{"a.txt", "a"}, {"b.bvh", "b"}, {"c.bvh", "c"}});
  std::vector<std::string> names;
  read_archive(
      folder / "t.tar", [](const std::string& name) { return name.ends_with(".bvh"); },
      [&](const std::string& name, std::string&&) {
        names.push_back(name);
        return false;
      });
  EXPECT_EQ(names, (std::vector<std::string>{"b.bvh"}));
}

TEST(Archive, NeverHandsOverLinksOrNamesThatLeaveIt) {
  const test::TemporaryFolder folder;
  write_archive(folder / "t.tar", {{"../up.bvh", "x"},
                                   {"a/../../up.bvh", "x"},
                                   {"/root.bvh", "x"},
                                   {"link.bvh", "->"},
                                   {"./good.bvh", "y"}});
  EXPECT_EQ(read_all(folder / "t.tar"), (Entries{{"good.bvh", "y"}}));
}

TEST(Archive, StopsAtItsLimits) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "t.tar.zst";
  write_archive(path, {{"a.bvh", std::string(5000, 'x')}, {"b.bvh", std::string(5000, 'x')}});
  EXPECT_EQ(error_of(path, {.entry_bytes = 4999}), path.string() + ": a.bvh: more than 4999 bytes");
  EXPECT_EQ(error_of(path, {.total_bytes = 9999}),
            path.string() + ": unpacks to more than 9999 bytes");
  EXPECT_EQ(error_of(path, {.entries = 1}), path.string() + ": more than 1 entries");
  EXPECT_EQ(error_of(path, {.entry_bytes = 5000, .total_bytes = 10000, .entries = 2}), "no error");
}

TEST(Archive, RefusesDamagedFiles) {
  const test::TemporaryFolder folder;
  write_file(folder / "noise.tar.zst", "this is no archive at all, only words and more words");
  EXPECT_NE(error_of(folder / "noise.tar.zst").find("noise.tar.zst: "), std::string::npos);
  write_archive(folder / "whole.tar.zst", {{"a.bvh", std::string(100000, 'q')}});
  const std::string bytes = read_file(folder / "whole.tar.zst");
  write_file(folder / "cut.tar.zst", bytes.substr(0, bytes.size() / 2));
  EXPECT_NE(error_of(folder / "cut.tar.zst"), "no error");
  EXPECT_EQ(error_of(folder / "none.zip"), (folder / "none.zip").string() + ": no such file");
}

TEST(Archive, IsKnownByItsName) {
  for (const char* name : {"a.tar", "a.TAR.ZST", "a.tgz", "b.zip", "c.tar.xz"})
    EXPECT_TRUE(is_archive_name(name)) << name;
  for (const char* name : {"a.bvh", "a.zst", "tar", "a.tar.zst.part"})
    EXPECT_FALSE(is_archive_name(name)) << name;
}

}  // namespace
}  // namespace pantomime::formats
