/* SPDX-License-Identifier: Apache-2.0
 * Runs a fuzz target over files, without clang: every finding that was kept in tests/corpus. */
#include "tests/fuzz/fuzz.h"

int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 20];
    LLVMFuzzerTestOneInput(bytes, 0);
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rbe");
        if (!f) {
            perror(argv[i]);
            return 1;
        }
        size_t n = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        uint8_t *exact = malloc(n ? n : 1); /* ASan sees a read past the end */
        if (!exact)
            abort();
        memcpy(exact, bytes, n);
        LLVMFuzzerTestOneInput(exact, n);
        free(exact);
    }
    printf("%d files replayed\n", argc - 1);
    return 0;
}
