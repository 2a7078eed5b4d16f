/* Ends by the signal of a breakpoint: a fault of its own, before any call. */
int main(void)
{
    __builtin_trap();
}
