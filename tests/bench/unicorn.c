/*
 * A static program under libunicorn, as far as it makes no system calls but the one that ends it.
 *
 *     unicorn PROGRAM WORD...
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

enum {
    PAGE = 4096,
    FILE_MAX = 1 << 20,
    STACK_SIZE = 1 << 16,
    WORDS_MAX = 8,
    EXIT_GROUP = 94,
    EC_SVC = 2, /* libunicorn's number of the exception */
};

#define STACK_AT UINT64_C(0x7f0000000000)

static uint8_t file[FILE_MAX];

static void give_up(const char *what)
{
    fprintf(stderr, "unicorn: %s\n", what);
    exit(2);
}

static void must(uc_err error)
{
    if (error != UC_ERR_OK) {
        give_up(uc_strerror(error));
    }
}

static void ends(uc_engine *machine, uint32_t exception, void *unused)
{
    uint64_t number;

    (void)unused;
    must(uc_reg_read(machine, UC_ARM64_REG_X8, &number));
    if (exception != EC_SVC || number != EXIT_GROUP) {
        give_up("the program makes a system call");
    }
    must(uc_emu_stop(machine));
}

/* Gives where the program starts. */
static uint64_t load(uc_engine *machine, const char *path)
{
    FILE *stream = fopen(path, "rb");
    size_t size = stream ? fread(file, 1, sizeof(file), stream) : 0;
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)file;

    if (size < sizeof(*head) || size == sizeof(file) || fclose(stream) != 0 ||
        memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) {
        give_up("no program");
    }
    const Elf64_Phdr *parts = (const Elf64_Phdr *)(file + head->e_phoff);
    for (unsigned n = 0; n < head->e_phnum; n++) {
        uint64_t from = parts[n].p_vaddr / PAGE * PAGE;
        uint64_t end = (parts[n].p_vaddr + parts[n].p_memsz + PAGE - 1) / PAGE * PAGE;
        if (parts[n].p_type == PT_LOAD) {
            must(uc_mem_map(machine, from, end - from, UC_PROT_ALL));
            must(uc_mem_write(machine, parts[n].p_vaddr, file + parts[n].p_offset,
                              parts[n].p_filesz));
        }
    }
    return head->e_entry;
}

/* The words of a program's start: argc, argv, and nothing behind. Gives where the stack ends. */
static uint64_t push(uc_engine *machine, int argc, char **argv)
{
    uint64_t at = STACK_AT + STACK_SIZE, words[WORDS_MAX + 4] = {(uint64_t)argc};

    if (argc > WORDS_MAX) {
        give_up("too many words");
    }
    for (int n = 0; n < argc; n++) {
        at -= strlen(argv[n]) + 1;
        must(uc_mem_write(machine, at, argv[n], strlen(argv[n]) + 1));
        words[n + 1] = at;
    }
    at = (at - sizeof(words)) / 16 * 16;
    must(uc_mem_write(machine, at, words, sizeof(words)));
    return at;
}

int main(int argc, char **argv)
{
    uc_engine *machine;
    uc_hook hook;

    if (argc < 2) {
        give_up("unicorn PROGRAM WORD...");
    }
    must(uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &machine));
    must(uc_ctl_set_cpu_model(machine, UC_CPU_ARM64_A72));
    must(uc_mem_map(machine, STACK_AT, STACK_SIZE, UC_PROT_READ | UC_PROT_WRITE));
    must(uc_hook_add(machine, &hook, UC_HOOK_INTR, (void *)ends, NULL, 1, 0));
    uint64_t fpen = 3 << 20; /* CPACR_EL1: vectors are allowed */
    must(uc_reg_write(machine, UC_ARM64_REG_CPACR_EL1, &fpen));
    uint64_t entry = load(machine, argv[1]);
    uint64_t stack = push(machine, argc - 1, argv + 1);
    must(uc_reg_write(machine, UC_ARM64_REG_SP, &stack));
    must(uc_emu_start(machine, entry, UINT64_MAX, 0, 0));
    must(uc_close(machine));
    return 0;
}
