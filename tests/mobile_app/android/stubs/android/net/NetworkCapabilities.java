package android.net;

public class NetworkCapabilities {
    public boolean hasCapability(int capability) {
        return (capability == 12 && stub.World.is("internet", true)) || (capability == 11 && stub.World.is("wifi", true));
    }
}
