/* Checks that longjmp(back, 0) makes setjmp return 1, as ISO C requires. */
#include "../probe.h"

#include <setjmp.h>

static jmp_buf back;

int main(void)
{
    volatile int turn = 0;
    int value;

    AWAIT("longjmp returns to the call of setjmp");
    value = setjmp(back);
    turn++;
    if (turn == 1) {
        longjmp(back, 0);
    }
    MUST(turn == 2 && value == 1);
    HELD();
    return 0;
}
