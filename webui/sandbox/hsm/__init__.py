"""Remote signing services, played for real: they check whom and what they are asked, and sign with
keys in SoftHSM. Three hosts, each by https: CyberHSM's API, the CSC API, and services that ask
their user's phone (SmartCA and NEAC's gateway, MySign).
"""
