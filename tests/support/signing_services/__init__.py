"""Small real services for tests of the providers, written from what is known of each of them.

    async with CyberHsmService() as service:
        session = await CyberHsm().sign_in(service.door, service.login())

They check what the real ones check, and misbehave where a test tells them to.
"""
