/* main.c - the program's entry. */
#include "app/command.h"
#include "base/base.h"
#include <locale.h>
#include <signal.h>

int main(int argc, char **argv) {
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    return command_main(argc, argv);
}
