package android.hardware;

public class Sensor {}
