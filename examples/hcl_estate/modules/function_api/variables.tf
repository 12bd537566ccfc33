variable "name" {
  type        = string
  description = "Name of the API and of its app."
}

variable "path" {
  type        = string
  description = "Path below the gateway's URL."
}

variable "operations" {
  type        = map(string)
  description = "Method and path of each operation, by its id."
}

variable "resource_group_name" {
  type = string
}

variable "location" {
  type = string
}

variable "service_plan_id" {
  type = string
}

variable "tenant_id" {
  type        = string
  description = "The tenant whose tokens Easy Auth accepts."
}

variable "gateway" {
  type        = object({ name = string, client_id = string, principal_id = string })
  description = "The gateway's name, and the identity that it calls with."
}
