// Since GCC 11, std::vector calls this function, which the libstdc++ of the oldest supported systems does not
// have, so it is defined here.
#include <new>

namespace std {

[[noreturn]] void __throw_bad_array_new_length() {
  throw std::bad_array_new_length();
}

}  // namespace std
