"""Keys in remote signing services, behind one port shaped like the CSC API (ETSI TS 119 432)."""
