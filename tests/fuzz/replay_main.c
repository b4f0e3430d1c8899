/*
 * replay_main - runs a fuzz target on inputs from files, without libFuzzer
 *
 *     build/plain/fuzz/fuzz_http [FILE|DIRECTORY...]
 *
 * Without arguments it runs what is in tests/fuzz/corpus/http, and tells in the Test Anything
 * Protocol how each input fared. Every input runs in a process of its own, so that all that fail
 * are named and not only the first. The exit status is 0 if there was an input and none failed.
 */
#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_LENGTH 1000

static size_t inputs, failed;

/* Reads a whole file into memory that ends with it; returns its length. */
static size_t read_file(const char *path, uint8_t **data)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &info) != 0) {
        perror(path);
        exit(1);
    }
    size_t len = (size_t)info.st_size;
    *data = fuzz_alloc(len);
    if (fread(*data, 1, len, file) != len) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return len;
}

static void run_file(const char *path)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        uint8_t *data;
        size_t len = read_file(path, &data);
        LLVMFuzzerTestOneInput(data, len);
        free(data);
        exit(0); /* not _exit(): coverage is written, and leaks are looked for, at the end */
    }
    inputs++;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        failed++;
        printf("not ");
    }
    printf("ok %zu - %s\n", inputs, path);
}

static void run_directory(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char file[PATH_LENGTH];
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            run_file(file);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void run_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        run_directory(path);
    else
        run_file(path);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    char corpus[PATH_LENGTH];
    for (int i = 1; i < argc; i++)
        run_path(argv[i]);
    if (argc == 1 && name != NULL && strncmp(name, "/fuzz_", strlen("/fuzz_")) == 0) {
        snprintf(corpus, sizeof corpus, "tests/fuzz/corpus/%s", name + strlen("/fuzz_"));
        run_path(corpus);
    }
    printf("1..%zu\n", inputs);
    return inputs > 0 && failed == 0 ? 0 : 1;
}
