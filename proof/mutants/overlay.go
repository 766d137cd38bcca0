package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// apply returns the complete new text of each file that the mutant changes. It
// returns an error if the mutant is stale.
func (m *mutant) apply(root string) (map[string]string, error) {
	texts := make(map[string]string)
	for _, e := range m.edits {
		text, ok := texts[e.file]
		if !ok {
			b, err := os.ReadFile(filepath.Join(root, e.file))
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		old, changed := strings.Join(e.old, "\n"), strings.Join(e.new, "\n")
		if n := strings.Count(text, old); n != 1 {
			return nil, fmt.Errorf("%s has this text %d times, want once:\n%s", e.file, n, old)
		}
		texts[e.file] = strings.Replace(text, old, changed, 1)
	}
	return texts, nil
}

// writeOverlay writes the changed files into dir and returns the path of the
// overlay file for go test.
func writeOverlay(dir, root string, texts map[string]string) (string, error) {
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	for file, text := range texts {
		original, err := filepath.Abs(filepath.Join(root, file))
		if err != nil {
			return "", err
		}
		// Two packages may have files of the same name, so each file is written
		// to a separate folder.
		folder := filepath.Join(dir, strconv.Itoa(len(overlay.Replace)))
		if err := os.Mkdir(folder, 0o700); err != nil {
			return "", err
		}
		replacement := filepath.Join(folder, filepath.Base(file))
		if err := os.WriteFile(replacement, []byte(text), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[original] = replacement
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, b, 0o600)
}
