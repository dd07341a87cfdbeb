// A sum of logarithms, where only the sum is wanted.
#pragma once

#include <cmath>

namespace tiffin::learn {

// The sum is the logarithm of the product, so there is one logarithm for a thousand numbers and more.  Each of them adds an
// error of 1e-16, and where it is 1 more than the next double can tell, nothing.
class LogSum {
 public:
  // number: from 1 to 2.
  void Add(double number) noexcept {
    product_ *= number;
    if (product_ > kMost) {
      sum_ += std::log(product_);
      product_ = 1;
    }
  }
  double Total() const noexcept { return sum_ + std::log(product_); }

 private:
  static constexpr double kMost = 0x1p1000;

  double product_ = 1;
  double sum_ = 0;
};

}  // namespace tiffin::learn
