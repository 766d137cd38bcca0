// Package hydra holds only tests: the example API with tokens of Ory Hydra, both built and run as programs of their own.
// Hydra has more than a hundred dependencies, so these tests are a module of their own. They need gcc, for SQLite.
package hydra
