/* A plugin without the function `plugin_run`, which the host requires. */
int another_function(int input)
{
    return input;
}
