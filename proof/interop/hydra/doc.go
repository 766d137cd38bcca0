// Package hydra contains only tests. They test the example API with tokens of
// Ory Hydra. The API and Hydra are built and run as separate programs. The
// tests are a separate module because Hydra has more than a hundred
// dependencies. One of these is SQLite, which needs gcc.
package hydra
