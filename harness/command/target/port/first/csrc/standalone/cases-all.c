#include "standalone.h"

int standalone_abort_in_c(void);
int standalone_altstack_switch_callback(void);
int standalone_assembly_switch_callback(void);
int standalone_bind_machine(void);
int standalone_deeper_on_same_stack(void);
static int with_each_switcher_deeper_on_same_stack(void)
{
    return standalone_with_each_switcher(standalone_deeper_on_same_stack);
}
int standalone_destructor_callback(void);
int standalone_drop_machine(void);
int standalone_main_thread_stack_switch(void);
static int with_each_switcher_main_thread_stack_switch(void)
{
    return standalone_with_each_switcher(standalone_main_thread_stack_switch);
}
int standalone_need_machine_deadlock(void);
int standalone_nested_stack_switch(void);
static int with_each_switcher_nested_stack_switch(void)
{
    return standalone_with_each_switcher(standalone_nested_stack_switch);
}
int standalone_overlapping_estimates(void);
static int with_each_switcher_overlapping_estimates(void)
{
    return standalone_with_each_switcher(standalone_overlapping_estimates);
}
int standalone_own_stack_asked_once(void);
static int with_each_switcher_own_stack_asked_once(void)
{
    return standalone_with_each_switcher(standalone_own_stack_asked_once);
}
int standalone_segv_in_c(void);
int standalone_stack_larger_than_told(void);
int standalone_stack_of_ended_thread(void);
static int with_each_switcher_stack_of_ended_thread(void)
{
    return standalone_with_each_switcher(standalone_stack_of_ended_thread);
}
int standalone_stack_switch_callback(void);

const struct standalone_case standalone_cases[] = {
    {"abort_in_c", "abort_in_c\011-\011dies SIGABRT about to abort\011-\011-\011-\011-\011-\011topic exit", NULL, standalone_abort_in_c},
    {"altstack_switch_callback", "altstack_switch_callback\011altstack\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, standalone_altstack_switch_callback},
    {"assembly_switch_callback", "assembly_switch_callback\011assembly\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, standalone_assembly_switch_callback},
    {"bind_machine", "bind_machine\011-\011ok\011-\011-\011-\011-\011-\011topic threads", NULL, standalone_bind_machine},
    {"deeper_on_same_stack", "deeper_on_same_stack\011stack-switch\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, with_each_switcher_deeper_on_same_stack},
    {"destructor_callback", "destructor_callback\011destructor\011exits 0 called back after main\011-\011-\011-\011-\011-\011topic exit", NULL, standalone_destructor_callback},
    {"drop_machine", "drop_machine\011-\011ok\011-\011-\011-\011-\011-\011topic threads", NULL, standalone_drop_machine},
    {"main_thread_stack_switch", "main_thread_stack_switch\011stack-switch\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, with_each_switcher_main_thread_stack_switch},
    {"need_machine_deadlock", "need_machine_deadlock\011signals\011ok\011-\011-\011-\011-\011-\011topic threads", NULL, standalone_need_machine_deadlock},
    {"nested_stack_switch", "nested_stack_switch\011stack-switch\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, with_each_switcher_nested_stack_switch},
    {"overlapping_estimates", "overlapping_estimates\011stack-switch\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, with_each_switcher_overlapping_estimates},
    {"own_stack_asked_once", "own_stack_asked_once\011stack-switch,fixed-bounds\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, with_each_switcher_own_stack_asked_once},
    {"segv_in_c", "segv_in_c\011-\011dies SIGSEGV,SIGBUS about to write to address 0\011-\011-\011-\011-\011-\011topic exit", NULL, standalone_segv_in_c},
    {"stack_larger_than_told", "stack_larger_than_told\011attr-setstack\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, standalone_stack_larger_than_told},
    {"stack_of_ended_thread", "stack_of_ended_thread\011attr-setstack,stack-switch\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, with_each_switcher_stack_of_ended_thread},
    {"stack_switch_callback", "stack_switch_callback\011ucontext\011ok\011-\011-\011-\011-\011-\011topic stacks", NULL, standalone_stack_switch_callback},
    {NULL, NULL, NULL, NULL},
};
const char standalone_target[] = "";
