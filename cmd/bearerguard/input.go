package main

import (
	"io"
	"os"
	"strings"
)

// maxInput limits the size of standard input, in bytes. Tokens and secrets are
// smaller.
const maxInput = 1 << 20

// readToken returns the token in the argument. If the argument is "-" or left
// out, it reads the token from standard input. It removes the scheme Bearer,
// because users copy whole values of Authorization headers.
func readToken(s streams, args []string) (string, error) {
	text := strings.Join(args, "")
	if len(args) == 0 || text == "-" {
		read, err := readInput(s)
		if err != nil {
			return "", err
		}
		text = string(read)
	}
	text = strings.TrimSpace(text)
	const scheme = "bearer "
	if len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
		text = strings.TrimSpace(text[len(scheme):])
	}
	if text == "" {
		return "", usage("the token is missing: give the token as the argument, or leave out the argument and write the token to standard input")
	}
	return text, nil
}

func readInput(s streams) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(s.in, maxInput))
	if err != nil {
		return nil, usage("standard input: %w", err)
	}
	return text, nil
}

// readSecret returns the content of a file without its final newline. If no
// file is given, it returns the environment variable OAUTH_CLIENT_SECRET.
func readSecret(flag, file string) (string, error) {
	if file == "" {
		return os.Getenv("OAUTH_CLIENT_SECRET"), nil
	}
	text, err := readFile("--"+flag, file)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if secret == "" {
		return "", usage("--%s: the file is empty", flag)
	}
	return secret, nil
}

// readFile returns the content of a file. Errors begin with the name of the
// command-line argument or the environment variable that contains the file
// name.
func readFile(argument, name string) ([]byte, error) {
	text, err := os.ReadFile(name) //nolint:gosec // the user names it
	if err != nil {
		return nil, usage("%s: %w", argument, err)
	}
	return text, nil
}

// words returns the words in the values of a repeatable flag. A value may
// contain several words that are separated by spaces, such as a list of scopes.
func words(values []string) []string { return strings.Fields(strings.Join(values, " ")) }
