"""What netgain has, in the files of other tools: models, answers, figures."""
