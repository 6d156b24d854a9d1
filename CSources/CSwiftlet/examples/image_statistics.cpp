// Statistics of samples from standard input, which are never all in memory: the stream in a class
// that owns it.
//
//   c++ -std=c++17 -O2 image_statistics.cpp -o image_statistics $(pkg-config --cflags --libs
//   swiftlet)
//   ./image_statistics ROWS COLUMNS < samples.u8
//
// SPDX-License-Identifier: Apache-2.0
#include <swiftlet.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

class Error : public std::runtime_error {
 public:
  explicit Error(int code) : std::runtime_error(swl_strerror(code)) {}
};

inline void check(int result) {
  if (result < 0) throw Error(result);
}

// A grey image of bytes that arrives in pieces. Moves, does not copy, and frees itself.
class ImageStream {
 public:
  ImageStream(std::size_t rows, std::size_t columns, std::uint32_t want) {
    swl_image_layout layout{};
    layout.rows = rows;
    layout.columns = columns;
    layout.pixel = SWL_PIXEL_U8;
    layout.channels = 1;
    swl_image_options options{};
    options.size = sizeof options;
    options.want = want;
    swl_image_stream *stream = nullptr;
    check(swl_image_stream_begin(&layout, &options, &stream));
    stream_.reset(stream);
  }

  void update(const void *data, std::size_t size) {
    check(swl_image_stream_update(stream_.get(), data, size));
  }

  swl_image_result finish() {
    swl_image_result result;
    check(swl_image_stream_finish(stream_.get(), &result));
    return result;
  }

 private:
  struct Free {
    void operator()(swl_image_stream *stream) const { swl_image_stream_free(stream); }
  };
  std::unique_ptr<swl_image_stream, Free> stream_;
};

int main(int count, char **arguments) try {
  if (count != 3) throw std::invalid_argument("usage: image_statistics ROWS COLUMNS");
  ImageStream image(std::stoul(arguments[1]), std::stoul(arguments[2]),
                    SWL_STATS_BASIC | SWL_STATS_VARIANCE);
  std::array<char, 4096> piece;
  while (std::cin.read(piece.data(), piece.size()), std::cin.gcount() > 0)
    image.update(piece.data(), static_cast<std::size_t>(std::cin.gcount()));
  const swl_image_result result = image.finish();
  std::printf("min %g max %g mean %.17g median %g variance %.17g\n", result.min, result.max,
              result.mean, result.median, result.variance);
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
