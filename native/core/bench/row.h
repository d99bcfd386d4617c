// What both benches share: the clock and the form of a row.
#pragma once

#include <string>

namespace longattn::bench {

// CPU time of the whole process in seconds. Divided by the threads it is what a run would take on cores of its own, so
// that neighbours on the machine do not count; what waiting threads burn does.
double cpu_seconds();

// One line on stdout: a table row, or {"bench","value","unit","ratio","ratio_to"} where an empty `ratio_to` gives two
// nulls.
void print_row(bool json, const std::string& name, double value, const std::string& unit, double ratio,
               const std::string& ratio_to);

}  // namespace longattn::bench
