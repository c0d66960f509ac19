"""The outputs that come with acctship: one file or folder for each kind of receiver.

They import only the public `acctship` and their own folder, as a stranger's plugin does.
"""
