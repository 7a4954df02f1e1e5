// The numbers of a SetNumbers as a list: one place that says how each is called and shown.
#pragma once

#include <vector>

#include "pantomime/metrics/report.h"

namespace pantomime::metrics {

struct Field {
  const char* key;      ///< in JSON
  const char* heading;  ///< in tables; empty: JSON only
  enum class Table { Judge, Physics } table;
  double scale;  ///< shown = value * scale
  int digits;    ///< after the point, shown
  Interval& (*access)(SetNumbers&);

  Interval& of(SetNumbers& numbers) const { return access(numbers); }
  const Interval& of(const SetNumbers& numbers) const {
    return access(const_cast<SetNumbers&>(numbers));
  }
};

const std::vector<Field>& fields();

}  // namespace pantomime::metrics
