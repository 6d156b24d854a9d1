/*
 * Minimum, maximum, mean and median of a grey picture in the binary PGM format ("P5").
 *
 *   cc -O2 pgm_statistics.c -o pgm_statistics $(pkg-config --cflags --libs swiftlet)
 *   ./pgm_statistics picture.pgm
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <swiftlet.h>

enum { PIXELS_MAX = 1 << 28 };

/* The next number of the header, which may have comments before it; -1 if there is none. */
static long next_number(FILE *file) {
  int c;
  long number = 0;
  while ((c = getc(file)) == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '#')
    if (c == '#')
      while ((c = getc(file)) != '\n' && c != EOF) continue;
  if (c < '0' || c > '9') return -1;
  for (; c >= '0' && c <= '9'; c = getc(file))
    if ((number = 10 * number + (c - '0')) > PIXELS_MAX) return -1;
  return number; /* the one character of white space behind it is taken too */
}

/* PGM has the high byte first, the library the low one. */
static void swap_bytes(unsigned char *samples, size_t size) {
  for (size_t i = 0; i + 1 < size; i += 2) {
    unsigned char high = samples[i];
    samples[i] = samples[i + 1];
    samples[i + 1] = high;
  }
}

static int fail(const char *name, const char *why) {
  fprintf(stderr, "%s: %s\n", name, why);
  return 1;
}

int main(int count, char **arguments) {
  if (count != 2) return fail("usage", "pgm_statistics PICTURE");
  const char *name = arguments[1];
  FILE *file = fopen(name, "rb");
  if (!file) return fail(name, "cannot be opened");
  if (getc(file) != 'P' || getc(file) != '5') return fail(name, "not a binary PGM");
  long columns = next_number(file), rows = next_number(file), largest = next_number(file);
  if (columns < 1 || rows < 1 || rows > PIXELS_MAX / columns) return fail(name, "bad size");
  if (largest < 1 || largest > 65535) return fail(name, "bad maximum");

  swl_image_layout layout = {.rows = (size_t)rows,
                             .columns = (size_t)columns,
                             .pixel = largest < 256 ? SWL_PIXEL_U8 : SWL_PIXEL_U16,
                             .channels = 1};
  size_t size = layout.rows * layout.columns * (largest < 256 ? 1 : 2);
  unsigned char *pixels = malloc(size);
  if (!pixels) return fail(name, "not enough memory");
  if (fread(pixels, 1, size, file) != size) return fail(name, "shorter than its header says");
  fclose(file);
  if (layout.pixel == SWL_PIXEL_U16) swap_bytes(pixels, size);

  swl_image_result result; /* one a channel; options NULL asks for just these four */
  int error = swl_image_stats(pixels, size, &layout, NULL, &result);
  free(pixels);
  if (error) return fail(name, swl_strerror(error));
  printf("min %g max %g mean %.17g median %g\n", result.min, result.max, result.mean,
         result.median);
  return 0;
}
