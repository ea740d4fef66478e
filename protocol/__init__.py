"""The contract between the OpenKySo agent, its own pages and the world. Imports nothing of ours."""
