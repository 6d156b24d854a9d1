/*
 * Introselect for one type; select.c includes this once a type.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

static void SELECT_NAME(swap)(SELECT_TYPE *a, SELECT_TYPE *b) {
  SELECT_TYPE held = *a;
  *a = *b;
  *b = held;
}

static void SELECT_NAME(sift_down)(SELECT_TYPE *heap, size_t root, size_t count) {
  SELECT_TYPE value = heap[root];
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && heap[child] < heap[child + 1]) child++;
    if (heap[child] <= value) break;
    heap[root] = heap[child];
  }
  heap[root] = value;
}

static void SELECT_NAME(heapsort)(SELECT_TYPE *values, size_t count) {
  for (size_t i = count / 2; i-- > 0;) SELECT_NAME(sift_down)(values, i, count);
  for (size_t end = count; end-- > 1;) {
    SELECT_NAME(swap)(&values[0], &values[end]);
    SELECT_NAME(sift_down)(values, 0, end);
  }
}

static void SELECT_NAME(insertion_sort)(SELECT_TYPE *values, size_t count) {
  for (size_t i = 1; i < count; i++) {
    SELECT_TYPE value = values[i];
    size_t j = i;
    for (; j > 0 && value < values[j - 1]; j--) values[j] = values[j - 1];
    values[j] = value;
  }
}

/* Hoare's partition around the median of three, which it also uses as sentinels. Returns a
 * position p with values[..p] <= values[p + 1..], both sides not empty. count is at least 3. */
static size_t SELECT_NAME(part)(SELECT_TYPE *values, size_t count) {
  SELECT_TYPE *low = &values[0], *middle = &values[count / 2], *high = &values[count - 1];
  if (*middle < *low) SELECT_NAME(swap)(middle, low);
  if (*high < *middle) SELECT_NAME(swap)(high, middle);
  if (*middle < *low) SELECT_NAME(swap)(middle, low);
  SELECT_TYPE pivot = *middle;
  size_t i = 0, j = count - 1;
  for (;;) {
    do i++;
    while (values[i] < pivot);
    do j--;
    while (pivot < values[j]);
    if (i >= j) return j;
    SELECT_NAME(swap)(&values[i], &values[j]);
  }
}

void SELECT_NAME(swl_select)(SELECT_TYPE *values, size_t count, size_t k) {
  unsigned budget = 0; /* of partitions: twice the binary logarithm */
  for (size_t n = count; n > 1; n /= 2) budget += 2;
  while (count > 16) {
    if (budget-- == 0) {
      SELECT_NAME(heapsort)(values, count);
      return;
    }
    size_t left = SELECT_NAME(part)(values, count) + 1;
    if (k < left) {
      count = left;
    } else {
      values += left;
      count -= left;
      k -= left;
    }
  }
  SELECT_NAME(insertion_sort)(values, count);
}

#undef SELECT_TYPE
#undef SELECT_NAME
