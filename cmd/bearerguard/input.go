package main

import (
	"io"
	"os"
	"strings"
)

// maxInput is more than any token or secret has.
const maxInput = 1 << 20

// readToken returns the token that the argument is, or that standard input holds
// if the argument is "-" or left out. The scheme of an Authorization field may
// stand before it, since that is what people copy.
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
		return "", usage("there is no token: give one as the argument, or - and one on standard input")
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

// readSecret returns what a file holds, without the end of its last line, or else
// the environment variable OAUTH_CLIENT_SECRET.
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

// readFile returns what a file holds that an argument names.
func readFile(argument, name string) ([]byte, error) {
	text, err := os.ReadFile(name) //nolint:gosec // the user names it
	if err != nil {
		return nil, usage("%s: %w", argument, err)
	}
	return text, nil
}

// words are the values of a flag that may be repeated, each of which may hold
// several separated by spaces, as scopes are written.
func words(values []string) []string { return strings.Fields(strings.Join(values, " ")) }
