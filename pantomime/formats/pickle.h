// Python pickles that hold data: read without running anything.
// Source: Python's pickletools, protocols 2 to 5; how NumPy pickles arrays
// (numpy.ndarray.__reduce__).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pantomime/formats/npz.h"

namespace pantomime::formats {

/// What a pickled value is. Global: the name of a function or class; it is never called.
enum class PickleKind {
  None,
  Bool,
  Int,
  Float,
  Text,
  Bytes,
  List,
  Tuple,
  Dict,
  Array,
  Dtype,
  Global
};

class Pickle;

/// A value in a Pickle, which must outlive it.
class PickleValue {
 public:
  PickleKind kind() const;
  /// Elements of a list or tuple, pairs of a dict, bytes or characters of a text; else 0.
  size_t size() const;
  /// Element of a list or tuple. Throws ParseError naming `what` when this is neither, or too
  /// short.
  PickleValue at(size_t i, const std::string& what) const;
  /// Value of a dict's text key; nothing when there is none or this is no dict. Of a key that was
  /// set twice the last value, as in Python.
  bool find(std::string_view key, PickleValue& value) const;
  /// Throw ParseError naming `what` for another kind.
  int64_t whole(const std::string& what) const;  ///< also of a Bool, and of an array of one number
  double number(const std::string& what) const;
  std::string text(const std::string& what) const;
  NpyArray array(const std::string& what) const;

 private:
  friend class Pickle;
  PickleValue(const Pickle* pickle, size_t index) : pickle_(pickle), index_(index) {}
  [[noreturn]] void wrong(const std::string& what, const char* expected) const;
  const Pickle* pickle_;
  size_t index_;
};

/// A parsed pickle. `bytes` must outlive it.
class Pickle {
 public:
  /// Reads dicts, lists, tuples, texts, bytes, numbers, None, NumPy arrays, numbers and dtypes.
  /// Anything else (any class or function but those that NumPy's arrays are made of, persistent
  /// ids, extensions, protocols 0 and 1) ends in ParseError `name@byte: …`. Memory stays within a
  /// constant times the size of the file.
  Pickle(std::string_view bytes, std::string name);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  PickleValue root() const { return {this, root_}; }
  const std::string& name() const { return name_; }

 private:
  friend class PickleValue;
  friend class PickleMachine;
  struct Node {  // small: a file may have millions
    PickleKind kind = PickleKind::None;
    uint32_t array = 0;  ///< Array: into arrays_; 0: not built yet
    int64_t whole = 0;
    double real = 0;
    std::string_view
        bytes;  ///< Text, Bytes; of a Dtype its letters; of a Global what it stands for
    std::vector<size_t> items;  ///< List, Tuple; Dict: key, value, key, value …
  };
  struct Array {
    std::vector<int64_t> shape;
    size_t dtype = 0, data = 0;  ///< nodes
    bool fortran = false;
  };
  std::vector<Node> nodes_;
  std::vector<Array> arrays_{1};
  std::deque<std::string> made_;  ///< texts that are not in the file as they are
  size_t root_ = 0;
  std::string name_;
};

}  // namespace pantomime::formats
