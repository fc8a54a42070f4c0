"""The numbers and rules that finance may change, as YAML. docs/policy.md explains every key."""
