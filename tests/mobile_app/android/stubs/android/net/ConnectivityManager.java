package android.net;

import stub.World;

public class ConnectivityManager {
    public Network getActiveNetwork() {
        World.say("network asked");
        return World.is("network", true) ? new Network() : null;
    }

    public NetworkCapabilities getNetworkCapabilities(Network network) {
        return new NetworkCapabilities();
    }
}
