#include "pantomime/commands/output_names.h"

#include <gtest/gtest.h>

#include "support.h"

namespace pantomime::commands {
namespace {

const OutputName kWalk = {"a/b/walk 1", "cmu", "cmu/43", "stand up"};

TEST(OutputNames, PutTogetherWhatIsKnown) {
  EXPECT_EQ(OutputNames("{path}").next(kWalk), "a/b/walk 1");
  EXPECT_EQ(OutputNames("{set}/{subject}/{label}-{folder}-{stem}").next(kWalk),
            "cmu/cmu_43/stand-up-b-walk-1");
  OutputNames numbers("{number}");
  EXPECT_EQ(numbers.next(kWalk), "00001");
  EXPECT_EQ(numbers.next(kWalk), "00002");
  EXPECT_EQ(OutputNames("{subject} {label}").next({"x", "own", "", ""}), "unknown unlabelled");
  EXPECT_TRUE(OutputNames("{label}/{stem}").tells_labels());
  EXPECT_TRUE(OutputNames("{subject}").tells_labels());
  EXPECT_FALSE(OutputNames("{path}").tells_labels());
}

TEST(OutputNames, GivesNoNameTwice) {
  OutputNames names("{stem}");
  EXPECT_EQ(names.next({"a/x", {}, {}, {}}), "x");
  EXPECT_EQ(names.next({"b/x", {}, {}, {}}), "x_2");
  EXPECT_EQ(names.next({"x_2", {}, {}, {}}), "x_2_2");
  EXPECT_EQ(names.next({"c/x", {}, {}, {}}), "x_3");
}

TEST(OutputNames, StayBelowTheirFolder) {
  for (const char* path : {"../../etc/x", "/etc/x", "a/../../x", "./x", "..", "", "/"}) {
    const auto name = OutputNames("{path}").next({path, {}, {}, {}});
    EXPECT_TRUE(name.is_relative()) << path;
    EXPECT_FALSE(name.empty()) << path;
    for (const auto& part : name) EXPECT_NE(part, "..") << path;
  }
  EXPECT_EQ(OutputNames("{label}").next({"x", "", "", "../../up"}), ".._.._up");
  EXPECT_EQ(OutputNames("../{stem}").next(kWalk), "walk-1");
}

TEST(OutputNames, RefuseWhatTheyDoNotKnow) {
  const auto error = [](const char* pattern) {
    return test::error_of([&] { OutputNames{pattern}; });
  };
  EXPECT_EQ(error("{colour}"),
            "--name \"{colour}\": {colour}, expected {path}, {folder}, {stem}, {set}, {subject}, "
            "{label}, {number}");
  EXPECT_NE(error("{path"), "no error");
  EXPECT_NE(error(""), "no error");
  EXPECT_NE(error("{set}/"), "no error");
  EXPECT_EQ(error("plain"), "no error");
}

}  // namespace
}  // namespace pantomime::commands
