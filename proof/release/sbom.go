package main

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	"github.com/CycloneDX/cyclonedx-gomod/pkg/generate/bin"
	"github.com/rs/zerolog"
)

// writeSBOM writes the SBOM of a binary to file and checks it. Equal binaries
// have equal SBOMs, because the SBOM contains no serial number and no time.
func writeSBOM(binary, file string) error {
	generator, err := bin.NewGenerator(binary, bin.WithIncludeStdlib(true), bin.WithLogger(zerolog.Nop()))
	if err != nil {
		return err
	}
	bom, err := generator.Generate()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	encoder := cyclonedx.NewBOMEncoder(&text, cyclonedx.BOMFileFormatJSON).SetPretty(true)
	if err := encoder.Encode(bom); err != nil {
		return err
	}
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	var written cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(&text, cyclonedx.BOMFileFormatJSON).Decode(&written); err != nil {
		return err
	}
	if err := complete(&written, info); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return nil
}

// complete returns an error that lists the modules of the binary that are
// missing from its SBOM.
func complete(bom *cyclonedx.BOM, info *debug.BuildInfo) error {
	listed := map[string]bool{}
	if bom.Components != nil {
		for _, c := range *bom.Components {
			listed[c.Name+"@"+c.Version] = true
		}
	}
	var faults []error
	for _, dep := range info.Deps {
		if name := dep.Path + "@" + dep.Version; !listed[name] {
			faults = append(faults, fmt.Errorf("%s is missing", name))
		}
	}
	return errors.Join(faults...)
}
