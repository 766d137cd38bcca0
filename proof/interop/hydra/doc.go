// Package hydra contains only tests. They test the example API with tokens of
// Ory Hydra, both built and run as separate programs. The tests are a separate
// module because Hydra has more than a hundred dependencies. They need gcc, for
// SQLite.
package hydra
