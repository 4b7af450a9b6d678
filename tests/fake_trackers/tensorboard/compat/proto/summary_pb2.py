class Summary:
    class Value:
        def __init__(self, tag, simple_value):
            self.tag, self.simple_value = tag, simple_value

    def __init__(self, value):
        self.value = value
