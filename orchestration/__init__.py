"""When and with what: definitions, jobs, schedules, sensors, environments, and the command line.

No asset is defined here. Importing this package opens no connection.
"""
