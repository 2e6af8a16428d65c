"""The main job, shown: three partners' sales files become customers' purchases (`make demo`)."""
