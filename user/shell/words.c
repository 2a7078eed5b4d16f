#include "words.h"

#include "lib/print.h"
#include "lib/str.h"
#include "lib/sys.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool unknown(const char *what)
{
    print_error("sh: %s: more than this shell knows\n", what);
    return false;
}

/* The length of a word; 0, and an error, where there is something in it that is not known. */
static size_t word_length(const char *text)
{
    const char *at = text;
    char quote = '\0';

    for (; *at && (quote || !str_has(" \t\r\n;&|<>", *at)); at++) {
        if (quote != '\'' && ((*at == '\\' && at[1]) || (*at == '$' && at[1] == '?')))
            at++;
        else if (*at == quote)
            quote = '\0';
        else if (!quote && (*at == '\'' || *at == '"'))
            quote = *at;
        else if (quote != '\'' && (*at == '`' || (*at == '$' && str_has("({", at[1]) && at[1])))
            return unknown(*at == '`' ? "`" : "$( or ${");
        else if (!quote && str_has("()*?[", *at))
            return unknown("one of ( ) * ? [");
    }
    if (quote) {
        print_error("sh: a quote is not closed\n");
        return 0;
    }
    return (size_t)(at - text);
}

/* An operator at text: fills in kind and length. */
static bool operator_at(const char *text, struct token *token)
{
    static const struct {
        char text[3];
        enum token_kind kind;
    } operators[] = {
        {"&&", TOKEN_AND},       {"||", TOKEN_OR},        {">&", TOKEN_DUPLICATE},
        {"<&", TOKEN_DUPLICATE}, {">>", TOKEN_APPEND},    {"<", TOKEN_READ},
        {">", TOKEN_WRITE},      {"|", TOKEN_PIPE},       {"&", TOKEN_BACKGROUND},
        {";", TOKEN_SEPARATOR},  {"\n", TOKEN_SEPARATOR},
    };

    for (unsigned i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        size_t len = str_len(operators[i].text);
        if (memcmp(text, operators[i].text, len) == 0) { /* it stops at the text's NUL */
            token->kind = operators[i].kind;
            token->len = len;
            token->fd = text[0] == '>';
            return true;
        }
    }
    return false;
}

bool words_cut(const char *text, struct token tokens[TOKENS_MAX])
{
    unsigned count = 0;

    for (;;) {
        while (*text && str_has(" \t\r", *text))
            text++;
        if (*text == '#')
            while (*text && *text != '\n')
                text++;
        if (count == TOKENS_MAX - 1 && *text)
            return unknown("so many words");
        struct token *token = &tokens[count++];
        *token = (struct token){.kind = TOKEN_END, .text = text};
        if (!*text)
            return true;
        bool numbered = is_digit(text[0]) && (text[1] == '<' || text[1] == '>');
        if (operator_at(text + numbered, token)) {
            if (numbered)
                token->fd = text[0] - '0';
            token->len += numbered;
            if (text[numbered] == '<' && text[numbered + 1] == '<')
                return unknown("<<");
        } else {
            token->kind = TOKEN_WORD;
            token->len = word_length(text);
            if (token->len == 0)
                return false;
        }
        text += token->len;
    }
}

static const char *environment_value(const char *name, size_t len, char *const *environment)
{
    for (; *environment; environment++)
        if (str_len(*environment) > len && memcmp(*environment, name, len) == 0 &&
            (*environment)[len] == '=')
            return *environment + len + 1;
    return "";
}

/* Where a word is written to. */
struct output {
    char *at;
    size_t room;
};

static void put(struct output *out, char c)
{
    if (out->room > 0) {
        *out->at++ = c;
        out->room--;
    }
}

static void put_number(struct output *out, int number)
{
    if (number >= 10)
        put_number(out, number / 10);
    put(out, (char)('0' + number % 10));
}

/* What stands behind a `$`: writes its value and returns its length, 0 if it has none. */
static size_t put_value(struct output *out, const char *at, const char *end,
                        const struct words_values *values)
{
    size_t len = 0;

    if (at < end && (*at == '?' || *at == '$')) {
        put_number(out, *at == '?' ? values->status : (int)sys_getpid());
        return 1;
    }
    while (at + len < end && is_name(at[len]))
        len++;
    if (len > 0)
        for (const char *value = environment_value(at, len, values->environment); *value; value++)
            put(out, *value);
    return len;
}

size_t words_expand(const struct token *word, const struct words_values *values, char *out_bytes,
                    size_t room)
{
    struct output out = {out_bytes, room};
    const char *end = word->text + word->len;
    char quote = '\0';

    for (const char *at = word->text; at < end; at++) {
        size_t len = 0;
        if (*at == quote)
            quote = '\0';
        else if (!quote && (*at == '\'' || *at == '"'))
            quote = *at;
        else if (*at == '\\' && at + 1 < end &&
                 (!quote || (quote == '"' && str_has("$\"\\`", at[1]))))
            put(&out, *++at);
        else if (*at == '$' && quote != '\'' && (len = put_value(&out, at + 1, end, values)) > 0)
            at += len;
        else
            put(&out, *at);
    }
    put(&out, '\0');
    return out.room > 0 ? room - out.room : 0;
}
