/* A plugin that returns its input times two. */
int plugin_run(int input)
{
    return 2 * input;
}
