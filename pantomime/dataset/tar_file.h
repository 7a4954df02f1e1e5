// Tar archives whose bytes depend on nothing but their members.
// Source: POSIX.1-1988 ustar, as Python's tarfile and WebDataset read it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace pantomime::dataset {

/// Appends one regular file: mode 0644, no owner, time 0. Throws Error for a name of more than 100
/// bytes or a member of 8 GiB and more, which ustar can't say.
void append_tar_member(std::string& tar, std::string_view name, std::string_view content);
/// The two empty blocks at the end.
void end_tar(std::string& tar);

}  // namespace pantomime::dataset
