using CleanRoom.Charter.Log;

namespace CleanRoom.Client.Uploads;

/// <summary>A batch in the log and the receipt for it.</summary>
/// <param name="Receipt">The receipt.</param>
/// <param name="Status">What it proves.</param>
/// <param name="Slots">Slots of the batch.</param>
public sealed record BatchReceipt(Receipt Receipt, ReceiptStatus Status, int Slots);
