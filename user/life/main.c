/* lifecycle: what a kernel does with processes. */
#include "life.h"

const char *program_name = "lifecycle";

static const struct section sections[] = {
    {"fork", check_fork},     {"clone", check_clone},
    {"vfork", check_vfork},   {"exec", check_exec},
    {"script", check_script}, {"wait", check_wait},
    {"waitid", check_waitid}, {"usage", check_usage},
    {"group", check_group},   {"orphan", check_orphan},
    {"limit", check_limit},   {"memory", check_memory},
    {"file", check_file},     {"fault", check_fault},
    {"pipe", check_pipe},     {"descriptor", check_descriptor},
    {"spawn", check_spawn},
};

int main(int argc, char **argv, char **envp)
{
    return run_checks(argc, argv, envp, sections, COUNT(sections),
                      "what a kernel does with processes");
}
