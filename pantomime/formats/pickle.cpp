#include "pantomime/formats/pickle.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "pantomime/base/error.h"
#include "pantomime/formats/csv.h"
#include "pantomime/formats/lines.h"

namespace pantomime::formats {

using Kind = PickleKind;

/// Runs the stack machine that a pickle is a program of, without the instructions that call.
class PickleMachine {
 public:
  PickleMachine(Pickle& out, std::string_view bytes) : out_(out), bytes_(bytes) {}

  void run() {
    if (bytes_.empty() || u8() != 0x80) bad("not a pickle of protocol 2 or newer");
    const unsigned protocol = u8();
    if (protocol < 2 || protocol > 5) bad(fmt::format("protocol {}, expected 2 to 5", protocol));
    while (!done_) step();
  }

 private:
  using Node = Pickle::Node;

  [[noreturn]] void bad(const std::string& what) const {
    fail_at_byte(out_.name_, at_ > 0 ? at_ - 1 : 0, "pickle: {}", what);
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - at_) bad("the file ends within a value");
    const std::string_view out = bytes_.substr(at_, count);
    at_ += count;
    return out;
  }
  uint64_t number(size_t bytes) {
    uint64_t value = 0;
    const std::string_view raw = take(bytes);
    for (size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<uint8_t>(raw[i]);
    return value;
  }
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  std::string_view line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) bad("the file ends within a name");
    const std::string_view out = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return out;
  }

  Node& node(size_t i) { return out_.nodes_[i]; }
  size_t make(Node made) {
    constexpr size_t kMaxValues = 2'000'000;  // of 64 bytes; data are mostly inside arrays
    if (out_.nodes_.size() == kMaxValues) bad(fmt::format("more than {} values", kMaxValues));
    out_.nodes_.push_back(std::move(made));
    return out_.nodes_.size() - 1;
  }
  size_t make_text(Kind kind, std::string_view bytes) {
    if (kind == Kind::Text && !is_text(bytes) && bytes.find('\0') == std::string_view::npos)
      bad("text that is not UTF-8");
    Node made;
    made.kind = kind;
    made.bytes = bytes;
    return make(std::move(made));
  }
  size_t make_whole(int64_t value, Kind kind = Kind::Int) {
    Node made;
    made.kind = kind;
    made.whole = value;
    made.real = static_cast<double>(value);
    return make(std::move(made));
  }
  size_t make_empty(Kind kind) {
    Node made;
    made.kind = kind;
    return make(std::move(made));
  }

  void push(size_t i) { stack_.push_back(i); }
  size_t pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) bad("nothing on the stack");
    const size_t out = stack_.back();
    stack_.pop_back();
    return out;
  }
  size_t top() {
    const size_t out = pop();
    push(out);
    return out;
  }
  std::vector<size_t> pop_mark() {
    if (marks_.empty()) bad("no mark on the stack");
    std::vector<size_t> out(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()),
                            stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return out;
  }

  void remember(uint64_t key) { memo_[key] = top(); }
  void recall(uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) bad(fmt::format("memo {} is empty", key));
    push(found->second);
  }

  void long_number(size_t count) {
    if (count > 8) bad("a whole number of more than 64 bits");
    const std::string_view raw = take(count);
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value |= uint64_t{static_cast<uint8_t>(raw[i])} << (8 * i);
    if (count > 0 && count < 8 && (static_cast<uint8_t>(raw[count - 1]) & 0x80) != 0)
      value |= ~uint64_t{0} << (8 * count);
    push(make_whole(static_cast<int64_t>(value)));
  }

  void push_tuple(std::vector<size_t> items, Kind kind = Kind::Tuple) {
    Node made;
    made.kind = kind;
    made.items = std::move(items);
    push(make(std::move(made)));
  }

  void step() {
    const uint8_t code = u8();
    switch (code) {
      case '.':
        out_.root_ = pop();
        done_ = true;
        break;
      case '(':
        marks_.push_back(stack_.size());
        break;
      case '0':
        pop();
        break;
      case '1':
        pop_mark();
        break;
      case '2':
        push(top());
        break;
      case 'N':
        push(make_empty(Kind::None));
        break;
      case 0x88:
      case 0x89:
        push(make_whole(code == 0x88, Kind::Bool));
        break;
      case 'J':
        push(make_whole(static_cast<int32_t>(number(4))));
        break;
      case 'K':
        push(make_whole(u8()));
        break;
      case 'M':
        push(make_whole(static_cast<int64_t>(number(2))));
        break;
      case 0x8a:
        long_number(u8());
        break;
      case 0x8b:
        long_number(number(4));
        break;
      case 'G': {
        uint64_t bits = 0;
        for (const char c : take(8)) bits = bits << 8 | static_cast<uint8_t>(c);
        Node made;
        made.kind = Kind::Float;
        made.real = std::bit_cast<double>(bits);
        push(make(std::move(made)));
        break;
      }
      case 'X':
        push(make_text(Kind::Text, take(number(4))));
        break;
      case 0x8c:
        push(make_text(Kind::Text, take(u8())));
        break;
      case 0x8d:
        push(make_text(Kind::Text, take(number(8))));
        break;
      case 'B':
      case 'T':  // text of Python 2
        push(make_text(Kind::Bytes, take(number(4))));
        break;
      case 'C':
      case 'U':
        push(make_text(Kind::Bytes, take(u8())));
        break;
      case 0x8e:
      case 0x96:
        push(make_text(Kind::Bytes, take(number(8))));
        break;
      case ']':
        push(make_empty(Kind::List));
        break;
      case ')':
        push(make_empty(Kind::Tuple));
        break;
      case '}':
        push(make_empty(Kind::Dict));
        break;
      case 'l':
        push_tuple(pop_mark(), Kind::List);
        break;
      case 't':
        push_tuple(pop_mark());
        break;
      case 0x85:
      case 0x86:
      case 0x87: {
        std::vector<size_t> items(code - 0x84U);
        for (size_t i = items.size(); i-- > 0;) items[i] = pop();
        push_tuple(std::move(items));
        break;
      }
      case 'a': {
        const size_t item = pop();
        append({item});
        break;
      }
      case 'e':
        append(pop_mark());
        break;
      case 'd': {
        push_tuple(pop_mark(), Kind::Dict);
        if (node(top()).items.size() % 2 != 0) bad("a dict with a key and no value");
        break;
      }
      case 's': {
        const size_t value = pop(), key = pop();
        set_items({key, value});
        break;
      }
      case 'u':
        set_items(pop_mark());
        break;
      case 'c': {
        const std::string_view module = line(), its = line();
        global(module, its);
        break;
      }
      case 0x93: {
        const size_t its = pop(), module = pop();
        if (node(its).kind != Kind::Text || node(module).kind != Kind::Text)
          bad("a name is no text");
        global(node(module).bytes, node(its).bytes);
        break;
      }
      case 'R':
        reduce();
        break;
      case 'b':
        build();
        break;
      case 'q':
        remember(u8());
        break;
      case 'r':
        remember(number(4));
        break;
      case 0x94:
        remember(memo_.size());
        break;
      case 'h':
        recall(u8());
        break;
      case 'j':
        recall(number(4));
        break;
      case 0x95:
        number(8);  // a frame's length says nothing that is needed
        break;
      default:
        bad(fmt::format("instruction {:#04x}, which data does not need", code));
    }
  }

  void append(const std::vector<size_t>& items) {
    Node& list = node(top());
    if (list.kind != Kind::List) bad("an element for what is no list");
    list.items.insert(list.items.end(), items.begin(), items.end());
  }
  void set_items(const std::vector<size_t>& items) {
    Node& dict = node(top());
    if (dict.kind != Kind::Dict) bad("a key for what is no dict");
    if (items.size() % 2 != 0) bad("a dict with a key and no value");
    dict.items.insert(dict.items.end(), items.begin(), items.end());
  }

  void global(std::string_view module, std::string_view its) {
    const auto is = [&](std::string_view m, std::string_view n) { return module == m && its == n; };
    std::string_view known;
    for (const std::string_view m : {"numpy.core.multiarray", "numpy._core.multiarray"}) {
      if (is(m, "_reconstruct")) known = "reconstruct";
      if (is(m, "scalar")) known = "scalar";
    }
    for (const std::string_view m : {"numpy.core.numeric", "numpy._core.numeric"})
      if (is(m, "_frombuffer")) known = "frombuffer";
    if (is("numpy", "ndarray")) known = "ndarray";
    if (is("numpy", "dtype")) known = "dtype";
    if (is("_codecs", "encode")) known = "encode";
    if (is("collections", "OrderedDict")) known = "dict";
    if (known.empty())
      bad(fmt::format("{} of {}, which data does not need", shown(its), shown(module)));
    push(make_text(Kind::Global, known));
  }

  /// What NumPy's pickles call, by name.
  void reduce() {
    const size_t arguments = pop(), function = pop();
    if (node(function).kind != Kind::Global || node(arguments).kind != Kind::Tuple)
      bad("a call of what is no function");
    const std::string_view name = node(function).bytes;
    // Looked up anew each time: the list of nodes may move, and copies could be made to cost much.
    const auto with = [&](size_t i) { return node(arguments).items[i]; };
    const auto wants = [&](size_t i, Kind kind) {
      if (i >= node(arguments).items.size() || node(with(i)).kind != kind)
        bad(fmt::format("\"{}\" with other arguments than NumPy's", name));
    };
    if (name == "reconstruct") {
      wants(0, Kind::Global);
      push(make_empty(Kind::Array));
    } else if (name == "dtype") {
      wants(0, Kind::Text);
      Node made;
      made.kind = Kind::Dtype;
      made.bytes = node(with(0)).bytes;
      push(make(std::move(made)));
    } else if (name == "scalar") {
      wants(0, Kind::Dtype);
      wants(1, Kind::Bytes);
      push(make_array(with(0), with(1), {}, false));
    } else if (name == "frombuffer") {
      wants(0, Kind::Bytes);
      wants(1, Kind::Dtype);
      wants(2, Kind::Tuple);
      wants(3, Kind::Text);
      push(make_array(with(1), with(0), shape_of(with(2)), node(with(3)).bytes == "F"));
    } else if (name == "encode") {
      wants(0, Kind::Text);
      push(make_text(Kind::Bytes, latin1(node(with(0)).bytes)));
    } else if (name == "dict" && node(arguments).items.empty()) {
      push(make_empty(Kind::Dict));
    } else {
      bad(fmt::format("a call of \"{}\"", name));
    }
  }

  /// Bytes that Python 3 wrote for Python 2, as text of the first 256 characters.
  std::string_view latin1(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<uint8_t>(text[i]);
      if (c < 0x80) {
        out.push_back(static_cast<char>(c));
        continue;
      }
      if ((c != 0xc2 && c != 0xc3) || i + 1 == text.size()) bad("bytes beyond 255");
      out.push_back(static_cast<char>((c & 3) << 6 | (static_cast<uint8_t>(text[++i]) & 0x3f)));
    }
    if ((made_bytes_ += out.size()) > bytes_.size()) bad("more bytes than the file has");
    return out_.made_.emplace_back(std::move(out));
  }

  std::vector<int64_t> shape_of(size_t tuple) {
    std::vector<int64_t> shape;
    if (node(tuple).items.size() > 32) bad("an array of more than 32 dimensions");
    for (const size_t item : node(tuple).items) {
      if (node(item).kind != Kind::Int || node(item).whole < 0)
        bad("a shape of other than numbers");
      shape.push_back(node(item).whole);
    }
    return shape;
  }

  void fill(size_t target, Pickle::Array array) {
    out_.arrays_.push_back(std::move(array));
    node(target).array = static_cast<uint32_t>(out_.arrays_.size() - 1);
  }
  size_t make_array(size_t dtype, size_t data, std::vector<int64_t> shape, bool fortran) {
    const size_t made = make_empty(Kind::Array);
    fill(made, {std::move(shape), dtype, data, fortran});
    return made;
  }

  void build() {
    const size_t state = pop(), target = top();
    const size_t count = node(state).kind == Kind::Tuple ? node(state).items.size() : 0;
    const auto item = [&](size_t i) { return node(state).items[i]; };
    if (node(target).kind == Kind::Dtype) {
      // (version, byte order, …): for plain numbers only the byte order matters.
      if (count < 2 || node(item(1)).kind != Kind::Text) bad("a dtype in another form");
      if (node(item(1)).bytes == ">") bad("numbers of a big-endian machine");
      return;
    }
    if (node(target).kind != Kind::Array) bad("a state for what is no array");
    if (count != 5 || node(item(1)).kind != Kind::Tuple || node(item(2)).kind != Kind::Dtype ||
        node(item(4)).kind != Kind::Bytes)
      bad("an array in another form, or one of objects");
    fill(target, {shape_of(item(1)), item(2), item(4), node(item(3)).whole != 0});
  }

  Pickle& out_;
  std::string_view bytes_;
  size_t at_ = 0;
  bool done_ = false;
  std::vector<size_t> stack_, marks_;
  std::unordered_map<uint64_t, size_t> memo_;
  size_t made_bytes_ = 0;
};

Pickle::Pickle(std::string_view bytes, std::string name) : name_(std::move(name)) {
  constexpr size_t kMaxBytes = size_t{1} << 30;
  if (bytes.size() > kMaxBytes)
    fail_at_byte(name_, 0, "pickle of {} bytes, expected at most {}", bytes.size(), kMaxBytes);
  PickleMachine(*this, bytes).run();
}

void PickleValue::wrong(const std::string& what, const char* expected) const {
  throw ParseError(fmt::format("{}: {}: expected {}", pickle_->name_, what, expected));
}

PickleKind PickleValue::kind() const {
  return pickle_->nodes_[index_].kind;
}

size_t PickleValue::size() const {
  const Pickle::Node& node = pickle_->nodes_[index_];
  switch (node.kind) {
    case Kind::List:
    case Kind::Tuple:
      return node.items.size();
    case Kind::Dict:
      return node.items.size() / 2;
    case Kind::Text:
    case Kind::Bytes:
      return node.bytes.size();
    default:
      return 0;
  }
}

PickleValue PickleValue::at(size_t i, const std::string& what) const {
  const Pickle::Node& node = pickle_->nodes_[index_];
  if ((node.kind != Kind::List && node.kind != Kind::Tuple) || i >= node.items.size())
    wrong(what, "a list with more elements");
  return {pickle_, node.items[i]};
}

bool PickleValue::find(std::string_view key, PickleValue& value) const {
  const Pickle::Node& node = pickle_->nodes_[index_];
  if (node.kind != Kind::Dict) return false;
  for (size_t i = node.items.size(); i >= 2; i -= 2) {
    const Pickle::Node& its = pickle_->nodes_[node.items[i - 2]];
    // Keys of Python 2 are bytes.
    if ((its.kind != Kind::Text && its.kind != Kind::Bytes) || its.bytes != key) continue;
    value = {pickle_, node.items[i - 1]};
    return true;
  }
  return false;
}

double PickleValue::number(const std::string& what) const {
  const Pickle::Node& node = pickle_->nodes_[index_];
  if (node.kind == Kind::Int || node.kind == Kind::Bool || node.kind == Kind::Float)
    return node.real;
  if (node.kind == Kind::Array) {
    const NpyArray one = array(what);
    if (one.count() == 1 && one.type != NpyType::Text) return doubles_of(one, what)[0];
  }
  wrong(what, "a number");
}

int64_t PickleValue::whole(const std::string& what) const {
  const Pickle::Node& node = pickle_->nodes_[index_];
  if (node.kind == Kind::Int || node.kind == Kind::Bool) return node.whole;
  const double value = number(what);
  if (!(std::abs(value) < 9e15) || value != std::floor(value)) wrong(what, "a whole number");
  return static_cast<int64_t>(value);
}

std::string PickleValue::text(const std::string& what) const {
  const Pickle::Node& node = pickle_->nodes_[index_];
  if (node.kind != Kind::Text && node.kind != Kind::Bytes) wrong(what, "a text");
  return std::string(node.bytes);
}

NpyArray PickleValue::array(const std::string& what) const {
  const Pickle::Node& node = pickle_->nodes_[index_];
  if (node.kind != Kind::Array || node.array == 0) wrong(what, "a NumPy array");
  const Pickle::Array& array = pickle_->arrays_[node.array];
  const std::string_view letters = pickle_->nodes_[array.dtype].bytes;
  const std::string_view data = pickle_->nodes_[array.data].bytes;
  // The reader of .npy knows types, shapes and orders, and checks them against the data.
  std::string shape;
  for (const int64_t side : array.shape) shape += fmt::format("{},", side);
  std::string type(letters);
  if (type == "f4" || type == "f8" || type == "i2" || type == "i4" || type == "i8")
    type = "<" + type;
  if (type == "u1" || type == "b1") type = "|" + type;
  if (!type.starts_with('<') && !type.starts_with('|'))
    wrong(what, "an array of f4, f8, i2, i4, i8, u1 or b1");
  std::string npy = fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({}), }}\n", type,
                                array.fortran ? "True" : "False", shape);
  if (type.find_first_of("'\\") != std::string::npos || npy.size() > 60000)
    wrong(what, "an array of plain numbers");
  std::string head = "\x93NUMPY";
  head.push_back(1);
  head.push_back(0);
  head.push_back(static_cast<char>(npy.size() & 0xff));
  head.push_back(static_cast<char>(npy.size() >> 8));
  npy = head + npy;
  npy += data;
  return parse_npy(npy, pickle_->name_ + ": " + what);
}

}  // namespace pantomime::formats
