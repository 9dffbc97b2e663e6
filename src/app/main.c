/* main.c - the program's entry. */
#include "base/base.h"
#include <stdio.h>

int main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    puts("matinee " MATINEE_VERSION);
    return 0;
}
