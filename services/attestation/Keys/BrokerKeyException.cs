namespace CleanRoom.Attestation.Keys;

/// <summary>A key of the broker is missing or does not open. The message is one sentence with the file and the remedy.</summary>
internal sealed class BrokerKeyException(string message) : Exception(message);
